/** A function from paths as the watcher sees them to paths as the shipper sees them, and what it was made of. */
export type PathMap = ((path: string) => string) & { pairs: readonly string[] };

/**
 * Maps paths by `FROM=TO` pairs of directories. The longest FROM that fits wins; a path below none of them is the same
 * for both.
 */
export function pathMap(pairs: readonly string[]): PathMap {
  const entries = pairs
    .map((pair) => pair.split('=', 2).map((path) => path.replace(/(?<=.)\/+$/, '')) as [string, string])
    .sort(([a], [b]) => b.length - a.length);
  const map = (path: string) => {
    const entry = entries.find(([from]) => path === from || path.startsWith(from === '/' ? from : `${from}/`));
    if (!entry) return path;
    const [from, to] = entry;
    const rest = path.slice(from === '/' ? 0 : from.length);
    return to === '/' ? rest || '/' : to + rest;
  };
  return Object.assign(map, { pairs });
}

/** What a map was made of; nothing for any other function, which has to be the identity. */
export function pairsOf(map: ((path: string) => string) & Partial<PathMap>): readonly string[] {
  return map.pairs ?? [];
}
