import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { prepareSchema } from './schema.ts';

export const databaseIn = (directory: string) => join(directory, 'logs.sqlite');

/** What keeps other processes out, for as long as this one lives. */
export interface Lock {
  close(): void;
}

/** Milliseconds for which a predecessor that is ending is waited for. */
const patience = 2000;

/**
 * Takes the directory for this process. The lock is one of the kernel's on a small database of its own: it ends with the
 * process, however that ends.
 */
export function lock(directory: string): Lock {
  makeDirectory(directory);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(join(directory, 'logs.lock'), { timeout: patience });
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db?.close();
    if (codeOf(error) === 5) throw new Error(`--data-path ${directory} is in use by another process`, { cause: error });
    throw new Error(`--data-path ${directory} can't be used: ${told(error)}${wayOut(error)}`, { cause: error });
  }
}

/** Opens the database to write, and makes it if the directory has none. */
export function openToWrite(directory: string, cacheKiB: number): DatabaseSync {
  const file = databaseIn(directory);
  const isNew = !existsSync(file);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: 5000 });
    db.exec(`PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`);
    prepareSchema(db);
    if (isNew) syncDirectory(directory);
    return db;
  } catch (error) {
    db?.close();
    throw new Error(`${file} can't be opened: ${told(error)}${wayOut(error)}`, { cause: error });
  }
}

export function openToRead(directory: string, cacheKiB: number): DatabaseSync {
  const db = new DatabaseSync(databaseIn(directory), { readOnly: true, timeout: 5000 });
  db.exec(`PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`);
  return db;
}

/** Made step by step: what makes them in one call goes round for ever where a file system takes none, as /proc. */
function makeDirectory(directory: string): void {
  const make = (path: string, parents: boolean): void => {
    try {
      mkdirSync(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' && statSync(path).isDirectory()) return;
      if (code !== 'ENOENT' || !parents || dirname(path) === path) throw error;
      make(dirname(path), true);
      make(path, false);
    }
  };
  try {
    make(directory, true);
  } catch (error) {
    throw new Error(`--data-path ${directory} can't be made: ${told(error)}`, { cause: error });
  }
}

/** A new file is there after a power failure only if its directory is on the disk too. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** SQLite's own number of an error. */
export function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

const told = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Numbers: https://www.sqlite.org/rescode.html */
function wayOut(error: unknown): string {
  const code = codeOf(error);
  if (code === 11 || code === 26)
    return `. It is damaged: stop this program, move the file away together with those ending in -wal and -shm, and start
with an empty one; \`sqlite3 FILE .recover\` gets out what can be read`.replaceAll('\n', ' ');
  if (code === 8 || code === 14) return '. Its directory has to be writable for this user';
  if (code === 13) return '. The disk is full';
  return '';
}
