import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { hasCode } from '../../system/replace.ts';

/** What a look leaves behind. */
export interface Looked {
  /** Directories in which a new file would appear. */
  directories: Set<string>;
  /** What could not be looked at; what was known of it must not be taken for gone. */
  problems: string[];
}

/** What is in a directory; nothing where there is none. */
export function entriesOf(directory: string, found: Pick<Looked, 'problems'>): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    found.problems.push((error as Error).message);
    return [];
  }
}

/** True if the path leads to a directory; what is in the way, as a loop of links, is a problem. */
export function isDirectory(path: string, found: Pick<Looked, 'problems'>): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    found.problems.push((error as Error).message);
    return false;
  }
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
export function chainOf(path: string, found: Pick<Looked, 'problems'>): string[] | undefined {
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
    at = leadsTo(at, to);
    chain.push(at);
  }
  found.problems.push(`${path}: a loop of links`);
  return undefined;
}

/** Where a link leads; from a directory that is a link itself, `..` is that of the one it leads to. */
function leadsTo(link: string, to: string): string {
  if (isAbsolute(to)) return resolve(to);
  try {
    return resolve(realpathSync(dirname(link)), to);
  } catch {
    // It has just gone; the next look at it tells.
    return resolve(dirname(link), to);
  }
}
