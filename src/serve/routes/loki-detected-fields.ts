import { detect, typeOf } from '../loki/fields.ts';
import { lokiAnswering, readNumber } from '../loki/loki.ts';
import { json } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = lokiAnswering(async (form, { signal }, world) => {
  const limit = readNumber('limit', form.get('limit') ?? form.get('field_limit'), 1000, 1_000_000);
  const found = [...(await detect(form, world, signal))].slice(0, limit);
  const fields = found.map(([label, { values, parsers }]) => ({
    label,
    type: typeOf(values),
    cardinality: values.size,
    parsers: parsers.size === 0 ? null : [...parsers],
  }));
  return json(200, { fields, limit });
});

/** What is found in a sample of lines. */
export default {
  path: '/loki/api/v1/detected_fields',
  access: 'read',
  methods: { GET: handle, POST: handle },
} satisfies Route;
