import type { Handler, Route } from '../route.ts';

export interface Place {
  /** The path of the route, or `other`: what a stranger makes up is no name for a metric. */
  name: string;
  rest: string;
  /** By method, HEAD too. */
  methods: ReadonlyMap<string, { route: Route; handle: Handler }>;
}

/** What answers at a path, which is not decoded; the longest path wins. */
export function find(table: readonly Route[], path: string): Place {
  const fits = table.filter((route) =>
    route.path.endsWith('/*') ? path.startsWith(route.path.slice(0, -1)) : path === route.path,
  );
  const told = (path: string) => path.replace('*', '').length;
  const name = fits.map((route) => route.path).toSorted((a, b) => told(b) - told(a))[0] ?? 'other';
  const methods = new Map<string, { route: Route; handle: Handler }>();
  for (const route of fits.filter((route) => route.path === name))
    for (const [method, handle] of Object.entries(route.methods)) {
      methods.set(method, { route, handle });
      if (method === 'GET') methods.set('HEAD', { route, handle });
    }
  return { name, rest: name.endsWith('/*') ? path.slice(name.length - 1) : '', methods };
}

/** Path and query of a request's target, whatever it is. */
export function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const own = target.replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = own.indexOf('?');
  const path = mark < 0 ? own : own.slice(0, mark);
  return { path: path === '' ? '/' : path, query: new URLSearchParams(mark < 0 ? '' : own.slice(mark + 1)) };
}
