import { floor } from '../query/counting.ts';
import { streams } from '../loki/lines.ts';
import { numbers } from '../loki/numbers.ts';
import { lokiAnswering, pieces, readBounds, readLength, readNumber } from '../loki/loki.ts';
import { parse } from '../logql/parse.ts';
import { LogqlError } from '../logql/syntax.ts';
import type { Route } from '../route.ts';

/** As Prometheus has it. */
const mostSteps = 11_000n;

const handle = lokiAnswering(async (form, { signal, headers }, world) => {
  const { start, end } = readBounds(form, world, 1n);
  const limit = readNumber('limit', form.get('limit'), 100, world.values['query-limit']);
  const direction = (form.get('direction') || 'backward').toLowerCase();
  if (direction !== 'backward' && direction !== 'forward')
    throw new LogqlError(`invalid direction '${direction.slice(0, 50)}'`);
  const interval = readLength('interval', form.get('interval')) ?? 0n;
  const second = 1_000_000_000n;
  const without = (end - start) / second / 250n;
  const step = readLength('step', form.get('step')) ?? (without > 1n ? without : 1n) * second;
  const flags = String(headers['x-loki-response-encoding-flags'] ?? '');
  const categorized = flags.split(',').includes('categorize-labels');
  const query = parse(form.get('query') ?? '');
  const context = { store: world.store, signal, seen: { lines: 0, bytes: 0 } };
  // The end doesn't belong to it.
  if (query.kind === 'log')
    return pieces(
      streams(query, { times: { from: start, to: end - 1n }, direction, limit, interval, categorized }, context),
    );
  // As Loki does: a panel that is drawn anew a moment later asks for the same instants.
  const first = floor(start, step);
  const last = floor(end + step - 1n, step);
  // By the times that were asked for: Grafana's shortest step is the 11,000th part of them.
  if ((end - start) / step > mostSteps)
    throw new LogqlError(
      'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
    );
  return pieces(numbers(query, { start: first, step, count: Number((last - first) / step) + 1 }, false, context));
});

/** Loki's query for lines or numbers over a time. */
export default {
  path: '/loki/api/v1/query_range',
  access: 'read',
  methods: { GET: handle, POST: handle },
} satisfies Route;
