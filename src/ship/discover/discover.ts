import { dirname, join, resolve } from 'node:path';
import { parseGlob, pathMatcher, type GlobPart } from './glob.ts';
import { attributesOfChain } from './place.ts';
import { chainOf, entriesOf, isDirectory, type Looked } from '../follow/look.ts';
import type { Source } from '../record.ts';
import { readTargets } from './targets.ts';

/** What is to be followed: patterns, and a file of targets that somebody else writes. */
export interface Wanted {
  paths: readonly string[];
  exclude: readonly string[];
  excludeNamespaces: readonly string[];
  targets: string | undefined;
  /** The own pod, whose output would be collected for ever. */
  own: { pod: string | undefined; namespace: string | undefined; files: readonly string[] };
}

export interface Found extends Looked {
  /** By the real path of the file, so that what several names lead to is followed once. */
  sources: Map<string, Source>;
}

/** Looks what there is to follow. */
export function discover(wanted: Wanted): Found {
  const found: Found = { sources: new Map(), directories: new Set(), problems: [] };
  const excluded = pathMatcher(wanted.exclude);
  const namespaces = new Set(wanted.excludeNamespaces);
  const accept = (path: string, given?: Pick<Source, 'attributes' | 'multiline'>, pattern?: string) => {
    const chain = chainOf(path, found);
    const real = chain?.at(-1);
    if (!chain || !real || chain.some(excluded)) return;
    const known = attributesOfChain(chain);
    if (namespaces.has(known['namespace'] ?? '')) return;
    const { own } = wanted;
    if (own.pod && known['pod'] === own.pod && (!own.namespace || known['namespace'] === own.namespace)) return;
    const key = resolve(real);
    if (own.files.includes(key)) return;
    if (found.sources.has(key) && !given) return;
    const attributes = { ...known, ...given?.attributes };
    found.sources.set(key, {
      path,
      attributes,
      multiline: given?.multiline,
      ...(pattern !== undefined && { pattern }),
    });
  };
  for (const pattern of wanted.paths)
    walk('/', parseGlob(resolve(pattern)).slice(1), (path) => accept(path, undefined, pattern), found);
  if (wanted.targets !== undefined) {
    found.directories.add(dirname(wanted.targets));
    for (const target of readTargets(wanted.targets, found)) accept(target.path, target);
  }
  return found;
}

function walk(directory: string, parts: readonly GlobPart[], accept: (path: string) => void, found: Found): void {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  if (part !== '**' && 'text' in part) {
    const path = join(directory, part.text);
    if (rest.length > 0) return walk(path, rest, accept, found);
    return accept(path);
  }
  found.directories.add(directory);
  for (const entry of entriesOf(directory, found)) {
    const path = join(directory, entry.name);
    if (part === '**') {
      if (entry.isDirectory()) walk(path, parts, accept, found);
      continue;
    }
    if (!part.matches.test(entry.name) || (entry.name.startsWith('.') && !part.matches.source.startsWith('^\\.')))
      continue;
    if (rest.length > 0) {
      if (entry.isDirectory() || (entry.isSymbolicLink() && isDirectory(path, found))) walk(path, rest, accept, found);
    } else if (!entry.isDirectory() && !/\.(gz|tmp|bz2|xz|zst)$/.test(entry.name)) {
      accept(path);
    }
  }
  // `**` stands for no part as well.
  if (part === '**') walk(directory, rest, accept, found);
}
