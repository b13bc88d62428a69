import { selectorOf, streamsOf } from '../loki/series.ts';
import { lokiAnswering, readBounds } from '../loki/loki.ts';
import type { Labels } from '../logql/names.ts';
import { keyOf } from '../logql/vector.ts';
import { json } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = lokiAnswering(async (form, { signal }, world) => {
  const { start, end } = readBounds(form, world, 6n);
  const context = { store: world.store, signal, seen: { lines: 0, bytes: 0 } };
  const found = new Map<string, Labels>();
  const selectors = [...form.getAll('match[]'), ...form.getAll('match')];
  for (const query of selectors.length === 0 ? [null] : selectors)
    for (const labels of await streamsOf(selectorOf(query), { from: start, to: end }, context))
      found.set(keyOf(labels), labels);
  return json(200, { status: 'success', data: [...found.values()] });
});

/** The streams that match any of some selectors. */
export default { path: '/loki/api/v1/series', access: 'read', methods: { GET: handle, POST: handle } } satisfies Route;
