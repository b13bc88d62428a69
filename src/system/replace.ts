import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import fsExtra from 'fs-extra';

/** What replacing a file needs of the file system. */
export type ReplaceSystem = Pick<
  typeof fsExtra,
  'readdir' | 'open' | 'write' | 'fchmod' | 'ftruncate' | 'fsync' | 'close' | 'rename' | 'unlink'
>;

const temporaryPrefix = '.klw-';
const temporarySuffix = '.tmp';

/**
 * Replaces a file by rename, so that a reader sees the old or the new content and nothing between. A file that is a
 * mount point can't be replaced (EBUSY); it is written in place.
 */
export async function writeFile(
  path: string,
  content: string,
  mode: number,
  fs: ReplaceSystem = fsExtra,
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeSynced(temporary, 'wx', content, mode, fs);
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.unlink(temporary).catch(unless('ENOENT'));
    if (!hasCode(error, 'EBUSY')) throw error;
    await writeSynced(path, 'r+', content, mode, fs);
  }
}

/** Makes the entries of a directory durable. */
export async function syncDirectory(path: string, fs: ReplaceSystem = fsExtra): Promise<void> {
  const descriptor = await fs.open(path, 'r').catch(unless('ENOENT'));
  if (descriptor === undefined) return;
  try {
    await fs.fsync(descriptor);
  } finally {
    await fs.close(descriptor);
  }
}

/** Removes what a killed process may have left in a directory while it was writing. */
export async function sweep(directory: string, fs: ReplaceSystem = fsExtra): Promise<void> {
  const names = (await fs.readdir(directory).catch(unless('ENOENT', 'ENOTDIR'))) ?? [];
  for (const name of names) {
    if (!name.startsWith(temporaryPrefix) || !name.endsWith(temporarySuffix)) continue;
    await fs.unlink(join(directory, name)).catch(unless('ENOENT'));
  }
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** For `catch`: passes over errors with one of these codes, and throws any other. */
export function unless(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, ...codes)) throw error;
  };
}

/** A name beside the path, for what is to be renamed to it. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `${temporaryPrefix}${randomBytes(6).toString('hex')}${temporarySuffix}`);
}

async function writeSynced(path: string, flags: 'wx' | 'r+', content: string, mode: number, fs: ReplaceSystem) {
  const descriptor = await fs.open(path, flags, mode);
  try {
    await fs.fchmod(descriptor, mode);
    const bytes = Buffer.from(content);
    for (let done = 0; done < bytes.length;) {
      done += (await fs.write(descriptor, bytes, done, bytes.length - done, done)).bytesWritten;
    }
    if (flags === 'r+') await fs.ftruncate(descriptor, bytes.length);
    await fs.fsync(descriptor);
  } finally {
    await fs.close(descriptor);
  }
}
