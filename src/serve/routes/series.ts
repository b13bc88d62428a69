import { answering } from '../query/answer.ts';
import { between, parametersOf } from '../query/parameters.ts';
import { json } from '../reply.ts';
import type { Handler, Route } from '../route.ts';
import { asking, readRange, readSeries } from '../query/selection.ts';
import { formatTime } from '../time.ts';
import { seriesTest } from '../query/condition.ts';

const series: Handler = async ({ query, signal }, { store, values, now }) => {
  const parameters = parametersOf(query);
  const conditions = readSeries(parameters);
  const range = readRange(parameters, now(), BigInt(values['query-range']) * 1_000_000_000n);
  const limit = parameters.one('limit', between(1, 100_000), '1 to 100000') ?? 1000;
  parameters.done();
  const { selection, rest } = asking(conditions, range);
  const holds = rest.map(seriesTest);
  const found = (await store.series(selection, signal)).filter((one) => holds.every((test) => test(one)));
  // In one order, whatever store tells them; that of their names and values.
  const keyed = found.map((one) => ({ one, key: JSON.stringify(one) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  return json(200, {
    series: keyed.slice(0, limit).map(({ one }) => one),
    from: formatTime(range.from),
    to: formatTime(range.to),
    more: found.length > limit,
  });
};

/** The series that have something in a time. */
export default { path: '/api/series', access: 'read', methods: { GET: answering(series) } } satisfies Route;
