import { streamsAsked } from '../loki/series.ts';
import { lokiAnswering } from '../loki/loki.ts';
import { valueOf } from '../logql/names.ts';
import { LogqlError } from '../logql/syntax.ts';
import { json, text } from '../reply.ts';
import type { Route } from '../route.ts';

const handle = lokiAnswering(async (form, { rest, signal }, world) => {
  const name = nameIn(rest);
  if (name === undefined) return text(404, '404 page not found\n');
  const values = new Set((await streamsAsked(form, world, signal)).map((labels) => valueOf(labels, name)));
  values.delete('');
  return json(200, { status: 'success', data: [...values].toSorted() });
});

/** The name in `<name>/values`. */
export function nameIn(rest: string): string | undefined {
  const [, name] = /^([^/]+)\/values$/.exec(rest) ?? [];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    throw new LogqlError('the name is not encoded as an address has to be');
  }
}

/** The values of one label. */
export default { path: '/loki/api/v1/label/*', access: 'read', methods: { GET: handle, POST: handle } } satisfies Route;
