import fsExtra from 'fs-extra';
import { hasCode, temporaryPath, unless, writeFile } from '../system/replace.ts';
import { modeOf, pathOf, type Change, type Entry } from './plan.ts';

/** The file system as this file uses it; tests hand in one that fails or dies at a chosen call. */
export type FileSystem = Pick<
  typeof fsExtra,
  | 'lstatSync'
  | 'readlinkSync'
  | 'readdir'
  | 'readFile'
  | 'open'
  | 'write'
  | 'fchmod'
  | 'ftruncate'
  | 'fsync'
  | 'close'
  | 'rename'
  | 'symlinkSync'
  | 'renameSync'
  | 'unlinkSync'
  | 'unlink'
  | 'mkdirSync'
  | 'rmdir'
>;

export { hasCode, sweep, syncDirectory, writeFile } from '../system/replace.ts';

/** Makes sure, at most once for each, that the directories from an agent's root down to a path are no links. */
export type Guard = (path: string) => void;

/** `between` names the directories from a root down to a path. */
export function createGuard(between: (path: string) => readonly string[], fs: FileSystem = fsExtra): Guard {
  const known = new Set<string>();
  return (path) => {
    for (const directory of between(path)) {
      if (known.has(directory)) continue;
      if (!fs.lstatSync(directory).isDirectory())
        throw new Error(`${directory} is not a directory; nothing is written through it`);
      known.add(directory);
    }
  };
}

/**
 * What stands at a path. Only "there is nothing" is absent; any other failure is thrown. Only content is read through
 * the thread pool, since a hop into it costs ten times as much as a look at an inode.
 */
export async function observe(path: string, fs: FileSystem = fsExtra): Promise<Entry> {
  try {
    const stat = fs.lstatSync(path);
    if (stat.isSymbolicLink()) return { kind: 'link', to: fs.readlinkSync(path) };
    if (stat.isDirectory()) return { kind: 'directory' };
    if (!stat.isFile()) return { kind: 'other' };
    return { kind: 'file', content: await fs.readFile(path, 'utf8'), mode: stat.mode & 0o7777 };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return { kind: 'absent' };
    throw error;
  }
}

/**
 * Makes one change, whole or not at all. Never writes through a link: `guard` is asked first. The directory of what
 * was written is left to {@link syncDirectory}.
 */
export async function apply(change: Change, guard: Guard, fs: FileSystem = fsExtra): Promise<void> {
  const path = pathOf(change);
  guard(path);
  switch (change.do) {
    case 'make-directory':
      makeDirectory(path, fs);
      break;
    case 'write':
      await writeFile(path, change.output.content, modeOf(change.output), fs);
      break;
    case 'link':
      writeLink(path, change.output.to, fs);
      break;
    case 'remove':
      await fs.unlink(path).catch(unless('ENOENT'));
      break;
    case 'remove-directory':
      await fs.rmdir(path).catch(unless('ENOENT', 'ENOTEMPTY', 'EEXIST'));
      break;
  }
}

// Directories and links are made without the thread pool: a hop into it costs more than the call.
function makeDirectory(path: string, fs: FileSystem): void {
  try {
    fs.mkdirSync(path);
  } catch (error) {
    unless('EEXIST')(error);
  }
}

function writeLink(path: string, to: string, fs: FileSystem): void {
  const temporary = temporaryPath(path);
  fs.symlinkSync(to, temporary);
  try {
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.unlinkSync(temporary);
    throw error;
  }
}
