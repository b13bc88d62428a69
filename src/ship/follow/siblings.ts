import { closeSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beginsAs, isSame, openThere, type OpenFile } from './file.ts';
import type { FileMark } from './reader.ts';

/** A file beside a log that a rotation has put aside. */
export interface Sibling {
  path: string;
  ino: number;
  dev: number;
  size: number;
  mtime: number;
}

/**
 * What rotations have put aside of the log at `path` and not yet compressed: `0.log.20260102-030405`, `x.log.1`,
 * `x.log-20260102`. Oldest first. Throws if the directory is there and can't be read.
 */
export function siblingsOf(path: string, tries = 5): Sibling[] {
  const directory = dirname(path);
  const base = basename(path);
  const found: Sibling[] = [];
  for (const name of namesIn(directory)) {
    if (!isRotated(name, base)) continue;
    const stat = statSync(join(directory, name), { throwIfNoEntry: false });
    // It was renamed meanwhile: under its new name it may not have been listed.
    if (!stat && tries > 0) return siblingsOf(path, tries - 1);
    if (!stat?.isFile()) continue;
    found.push({ path: join(directory, name), ino: stat.ino, dev: stat.dev, size: stat.size, mtime: stat.mtimeMs });
  }
  return found.sort((a, b) => a.mtime - b.mtime || byName(a.path.slice(path.length), b.path.slice(path.length)));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * True for the name of a file that a rotation has made of the log `base`: a number or a date stands behind it, or
 * `.old`. What else lies there, `x.log.conf` or `x.log.gz`, is none.
 */
export function isRotated(name: string, base: string): boolean {
  return name.startsWith(base) && /^[.-](\d[\d.:TZ_-]*|old|bak)$/.test(name.slice(base.length));
}

/** Opens the one that was marked; undefined if it is not there. */
export function findMarked(siblings: readonly Sibling[], mark: FileMark, now: number): OpenFile | undefined {
  for (const { path, ino } of siblings) {
    if (ino !== mark.ino) continue;
    const file = openThere(path, now);
    if (file && isSame(file, mark)) return file;
    if (file) closeSync(file.fd);
  }
  return undefined;
}

/**
 * Opens the copy that was made of a file before it was cut, the newest that begins as it did; undefined if there is
 * none. It may end before the mark: what was written later than the copy has been read of the file itself.
 */
export function findCopy(
  siblings: readonly Sibling[],
  mark: FileMark,
  isRead: (file: OpenFile) => boolean,
  now: number,
): OpenFile | undefined {
  if (mark.head[0] === 0) return undefined;
  for (const { path, ino } of siblings.toReversed()) {
    if (ino === mark.ino) continue;
    const file = openThere(path, now);
    if (file && beginsAs(file, mark.head) && !isRead(file)) return file;
    if (file) closeSync(file.fd);
  }
  return undefined;
}

// `.2` is older than `.1`, but a date that is greater is later.
function byName(a: string, b: string): number {
  const [first, second] = [a, b].map((end) => (/^\.\d{1,4}$/.test(end) ? -Number(end.slice(1)) : undefined));
  if (first !== undefined && second !== undefined) return first - second;
  return a < b ? -1 : a > b ? 1 : 0;
}
