import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync, type Dirent } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { hasCode } from '../system/replace.ts';
import { parseGlob, pathMatcher, type GlobPart } from './glob.ts';
import { strangersPattern } from '../system/pattern.ts';
import { attributesOfChain } from './place.ts';
import type { Multiline, Source } from './record.ts';

/** What is to be followed: patterns, and a file of targets that somebody else writes. */
export interface Wanted {
  paths: readonly string[];
  exclude: readonly string[];
  excludeNamespaces: readonly string[];
  targets: string | undefined;
  /** The own pod, whose output would be collected for ever. */
  own: { pod: string | undefined; namespace: string | undefined; files: readonly string[] };
}

export interface Found {
  /** By the real path of the file, so that what several names lead to is followed once. */
  sources: Map<string, Source>;
  /** Directories in which a new file would appear. */
  directories: Set<string>;
  /** What could not be looked at; what was known of it must not be taken for gone. */
  problems: string[];
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
      if (entry.isDirectory() || (entry.isSymbolicLink() && isDirectory(path))) walk(path, rest, accept, found);
    } else if (!entry.isDirectory() && !/\.(gz|tmp|bz2|xz|zst)$/.test(entry.name)) {
      accept(path);
    }
  }
  // `**` stands for no part as well.
  if (part === '**') walk(directory, rest, accept, found);
}

function entriesOf(directory: string, found: Found): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    found.problems.push((error as Error).message);
    return [];
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** True if nothing is at the path, however little is known of others. */
export function isGone(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return hasCode(error, 'ENOTDIR');
  }
}

/** The path, and each that links lead to from there; undefined where they lead nowhere. */
function chainOf(path: string, found: Found): string[] | undefined {
  const chain = [path];
  let at = path;
  for (let hop = 0; hop < 40; hop++) {
    let to: string;
    try {
      to = readlinkSync(at);
    } catch (error) {
      if (hasCode(error, 'EINVAL')) return chain;
      if (!hasCode(error, 'ENOENT', 'ENOTDIR')) found.problems.push((error as Error).message);
      return undefined;
    }
    at = resolve(dirname(at), to);
    chain.push(at);
  }
  found.problems.push(`${path}: a loop of links`);
  return undefined;
}

interface TargetEntry extends Pick<Source, 'attributes' | 'multiline'> {
  path: string;
}

interface RawTarget {
  path?: unknown;
  attributes?: Record<string, unknown>;
  multiline?: { start?: unknown; lines?: unknown };
}

/** A file, or all `.json` and `.yaml` files of a directory; each holds one target, or `targets` with several. */
function readTargets(path: string, found: Found): TargetEntry[] {
  if (!isDirectory(path)) return readTargetFile(path, found);
  found.directories.add(path);
  const names = entriesOf(path, found).map(({ name }) => name);
  const wanted = names.filter((name) => /^[^.].*\.(json|ya?ml)$/.test(name));
  return wanted.flatMap((name) => readTargetFile(join(path, name), found));
}

function readTargetFile(path: string, found: Found): TargetEntry[] {
  try {
    const text = readFileSync(path, 'utf8');
    const read = (text.trimStart().startsWith('{') ? JSON.parse(text) : parseYaml(text)) as
      (RawTarget & { targets?: RawTarget[] }) | null;
    return (read?.targets ?? [read ?? {}]).flatMap(({ path, attributes, multiline }) => {
      if (typeof path !== 'string') return [];
      const texts = Object.entries(attributes ?? {}).map(([name, value]) => [name, String(value)] as const);
      return { path, attributes: Object.fromEntries(texts), multiline: multilineOf(multiline, found) };
    });
  } catch (error) {
    found.problems.push(`${path}: ${(error as Error).message}`);
    return [];
  }
}

function multilineOf(given: RawTarget['multiline'], found: Pick<Found, 'problems'>): Multiline | undefined {
  if (!given?.start) return undefined;
  const { start, lines } = given;
  try {
    if (typeof start !== 'string') throw new Error(`${JSON.stringify(start)} is no pattern`);
    return { start: strangersPattern(start), lines: typeof lines === 'number' ? lines : 500 };
  } catch (error) {
    found.problems.push(`multiline: ${(error as Error).message}`);
    return undefined;
  }
}
