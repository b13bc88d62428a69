import { realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { hasCode } from '../../system/replace.ts';
import { parseGlob, pathMatcher, splitGlob, type GlobPart } from './glob.ts';
import { attributesOfChain } from './place.ts';
import { chainOf, entriesOf, isDirectory, type Looked } from '../follow/look.ts';
import type { Source } from '../record.ts';
import { isRotated } from '../follow/siblings.ts';
import { readTargets } from './targets.ts';

/** What is to be followed: patterns, and a file of targets that somebody else writes. */
export interface Wanted {
  paths: readonly string[];
  exclude: readonly string[];
  excludeNamespaces: readonly string[];
  targets: string | undefined;
  /**
   * True if each line is told by all paths that lead to its file. What a rotation has put aside beside a log is no path
   * of its own then: its lines are those of the log.
   */
  eachPath?: boolean;
  /** The own pod, whose output would be collected for ever. */
  own: { pod: string | undefined; namespace: string | undefined; files: readonly string[] };
}

export interface Found extends Looked {
  /** By the real path of the file, so that what several names lead to is followed once. */
  sources: Map<string, Source>;
}

/** Looks what there is to follow. A path that a relative pattern has found is told as it was asked for. */
export function discover(wanted: Wanted): Found {
  const found: Found = { sources: new Map(), directories: new Set(), problems: [] };
  const excluded = pathMatcher(wanted.exclude);
  const namespaces = new Set(wanted.excludeNamespaces);
  const accept = (place: string, told: string, given?: Pick<Source, 'attributes' | 'multiline'>, pattern?: string) => {
    const chain = chainOf(place, found);
    const real = chain?.at(-1);
    if (!chain || !real || chain.some(excluded)) return;
    const known = attributesOfChain(chain);
    if (namespaces.has(known['namespace'] ?? '')) return;
    const { own, eachPath } = wanted;
    if (own.pod && known['pod'] === own.pod && (!own.namespace || known['namespace'] === own.namespace)) return;
    const key = eachPath ? realFile(real) : resolve(real);
    if (key === undefined || own.files.includes(key)) return;
    const before = found.sources.get(key);
    if (before && !given && !eachPath) return;
    const attributes = { ...known, ...given?.attributes };
    const names = [...(before?.names ?? []).filter(({ path }) => path !== told), { path: told, attributes }];
    // Found by a pattern too, it is known by the path of that.
    const by = before?.pattern ?? pattern;
    found.sources.set(key, {
      path: before?.path ?? told,
      attributes,
      multiline: given?.multiline ?? before?.multiline,
      ...(by !== undefined && { pattern: by }),
      ...(eachPath && { names }),
    });
  };
  for (const pattern of wanted.paths) {
    const { head, rest } = splitGlob(pattern);
    const base = resolve(head || '.');
    const tellAs = (path: string) => head + path.slice(base === '/' ? 1 : base.length + 1);
    const take = (path: string) => accept(path, tellAs(path), undefined, pattern);
    walk(base, parseGlob(rest), { found, eachPath: wanted.eachPath ?? false, accept: take });
  }
  if (wanted.targets !== undefined) {
    found.directories.add(dirname(wanted.targets));
    for (const target of readTargets(wanted.targets, found)) accept(target.path, target.path, target);
  }
  return found;
}

interface Walk {
  found: Found;
  eachPath: boolean;
  accept(path: string): void;
}

function walk(directory: string, parts: readonly GlobPart[], on: Walk): void {
  const { found, accept } = on;
  const [part, ...rest] = parts;
  if (part === undefined) return;
  if (part !== '**' && 'text' in part) {
    const path = join(directory, part.text);
    if (rest.length > 0) return walk(path, rest, on);
    return accept(path);
  }
  found.directories.add(directory);
  const entries = entriesOf(directory, found);
  const isAside = on.eachPath && rest.length === 0 ? rotatedAmong(entries.map(({ name }) => name)) : () => false;
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (part === '**') {
      if (entry.isDirectory()) walk(path, parts, on);
      continue;
    }
    if (!part.matches.test(entry.name) || (entry.name.startsWith('.') && !part.matches.source.startsWith('^\\.')))
      continue;
    if (rest.length > 0) {
      if (entry.isDirectory() || (entry.isSymbolicLink() && isDirectory(path, found))) walk(path, rest, on);
    } else if (!entry.isDirectory() && !isAside(entry.name) && !/\.(gz|tmp|bz2|xz|zst)$/.test(entry.name)) {
      accept(path);
    }
  }
  // `**` stands for no part as well.
  if (part === '**') walk(directory, rest, on);
}

/** Tells of a name whether a rotation has made it of another one of these. */
function rotatedAmong(names: readonly string[]): (name: string) => boolean {
  const all = new Set(names);
  return (name) =>
    [...name.matchAll(/[.-]/g)].some(({ index }) => {
      const base = name.slice(0, index);
      return all.has(base) && isRotated(name, base);
    });
}

/** The real path of a file; undefined where there is none any more, or something else. */
function realFile(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isFile() ? real : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
