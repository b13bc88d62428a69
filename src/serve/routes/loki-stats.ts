import { selectorOf, streamsOf } from '../loki/series.ts';
import { lokiAnswering, readBounds } from '../loki/loki.ts';
import { evaluate } from '../logql/evaluate.ts';
import type { Context } from '../logql/select.ts';
import type { LogQuery, RangeOp } from '../logql/syntax.ts';
import { json } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = lokiAnswering(async (form, { signal }, world) => {
  const { start, end } = readBounds(form, world, 1n);
  const context = { store: world.store, signal, seen: { lines: 0, bytes: 0 } };
  const log = selectorOf(form.get('query'));
  const { length } = await streamsOf(log, { from: start, to: end }, context);
  const entries = await total('count_over_time', log, { start, end }, context);
  const bytes = await total('bytes_over_time', log, { start, end }, context);
  return json(200, { streams: length, chunks: length, entries, bytes });
});

async function total(
  op: RangeOp,
  log: LogQuery,
  { start, end }: { start: bigint; end: bigint },
  context: Context,
): Promise<number> {
  const range = { kind: 'range', op, log, range: end - start + 1n, offset: 0n } as const;
  const sum = { kind: 'aggregate', op: 'sum', parameter: undefined, grouping: undefined, of: range } as const;
  const value = await evaluate(sum, { start: end, step: 1n, count: 1 }, context);
  return value.kind === 'vector' ? (value.samples[0]?.values[0] ?? 0) : value.value;
}

/** How much there is for a selector. There are no chunks here: each stream counts as one. */
export default {
  path: '/loki/api/v1/index/stats',
  access: 'read',
  methods: { GET: handle, POST: handle },
} satisfies Route;
