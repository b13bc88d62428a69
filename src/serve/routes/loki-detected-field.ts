import { detect } from '../loki/fields.ts';
import { lokiAnswering, readNumber } from '../loki/loki.ts';
import { json, text } from '../reply.ts';
import type { Route } from '../route.ts';
import { nameIn } from './loki-label.ts';

const handle = lokiAnswering(async (form, { rest, signal }, world) => {
  const name = nameIn(rest);
  if (name === undefined) return text(404, '404 page not found\n');
  const limit = readNumber('limit', form.get('limit') ?? form.get('field_limit'), 1000, 1_000_000);
  const values = [...((await detect(form, world, signal)).get(name)?.values ?? [])];
  return json(200, { values: values.slice(0, limit), limit });
});

/** The values of what is found in a sample of lines. */
export default {
  path: '/loki/api/v1/detected_field/*',
  access: 'read',
  methods: { GET: handle, POST: handle },
} satisfies Route;
