/**
 * A function from paths as the watcher sees them to paths as the shipper sees them, by `FROM=TO` pairs of directories.
 * The longest FROM that fits wins; a path below none of them is the same for both.
 */
export function pathMap(pairs: readonly string[]): (path: string) => string {
  const entries = pairs
    .map((pair) => pair.split('=', 2).map((path) => path.replace(/(?<=.)\/+$/, '')) as [string, string])
    .sort(([a], [b]) => b.length - a.length);
  return (path) => {
    const entry = entries.find(([from]) => path === from || path.startsWith(from === '/' ? from : `${from}/`));
    if (!entry) return path;
    const [from, to] = entry;
    const rest = path.slice(from === '/' ? 0 : from.length);
    return to === '/' ? rest || '/' : to + rest;
  };
}
