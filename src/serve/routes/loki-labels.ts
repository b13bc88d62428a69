import { streamsAsked } from '../loki/series.ts';
import { lokiAnswering } from '../loki/loki.ts';
import { json } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = lokiAnswering(async (form, { signal }, world) => {
  const names = new Set((await streamsAsked(form, world, signal)).flatMap((labels) => Object.keys(labels)));
  return json(200, { status: 'success', data: [...names].toSorted() });
});

/** The names of labels. */
export default { path: '/loki/api/v1/labels', access: 'read', methods: { GET: handle, POST: handle } } satisfies Route;
