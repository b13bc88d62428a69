import { streamsAsked } from '../loki/series.ts';
import { lokiAnswering } from '../loki/loki.ts';
import { json } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = lokiAnswering(async (form, { signal }, world) => {
  const values = new Map<string, Set<string>>();
  for (const labels of await streamsAsked(form, world, signal))
    for (const [name, value] of Object.entries(labels)) values.set(name, (values.get(name) ?? new Set()).add(value));
  const names = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return json(200, { detectedLabels: names.map(([label, { size }]) => ({ label, cardinality: size })) });
});

/** The names of labels, with how many values they have. */
export default {
  path: '/loki/api/v1/detected_labels',
  access: 'read',
  methods: { GET: handle, POST: handle },
} satisfies Route;
