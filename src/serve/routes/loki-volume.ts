import { numbers } from '../loki/numbers.ts';
import { selectorOf } from '../loki/series.ts';
import { lokiAnswering, pieces, readBounds, readNumber } from '../loki/loki.ts';
import type { Metric } from '../logql/syntax.ts';
import type { Route } from '../route.ts';

const handle = lokiAnswering((form, { signal }, world) => {
  const { start, end } = readBounds(form, world, 1n);
  const limit = readNumber('limit', form.get('limit'), 100, 10_000);
  const context = { store: world.store, signal, seen: { lines: 0, bytes: 0 } };
  const instants = { start: end, step: 1n, count: 1 };
  return pieces(numbers(volumeOf(form, end - start + 1n, limit), instants, true, context));
});

/** Bytes of the streams that match, by the labels that are asked for or those of the selector; the largest ones. */
export function volumeOf(form: URLSearchParams, range: bigint, limit: number): Metric {
  const log = selectorOf(form.get('query'));
  const asked = (form.get('targetLabels') ?? '').split(',').filter((name) => name !== '');
  const names = asked.length > 0 ? asked : [...new Set(log.matchers.map(({ name }) => name))];
  const bytes = { kind: 'range', op: 'bytes_over_time', log, range, offset: 0n } as const;
  const grouping = names.length > 0 ? { without: false, names } : { without: true, names: [] };
  const sum = { kind: 'aggregate', op: 'sum', parameter: undefined, grouping, of: bytes } as const;
  return { kind: 'aggregate', op: 'topk', parameter: limit, grouping: undefined, of: sum };
}

/** How many bytes there are, by labels. */
export default {
  path: '/loki/api/v1/index/volume',
  access: 'read',
  methods: { GET: handle, POST: handle },
} satisfies Route;
