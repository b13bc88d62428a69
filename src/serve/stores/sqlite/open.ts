import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, Damaged, explain } from './problem.ts';
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
    throw new Error(`--data-path ${directory} can't be used: ${explain(error)}`, { cause: error });
  }
}

/** What lies in the directory and is neither ours nor the file system's own. */
export const strangersIn = (directory: string): string[] =>
  readdirSync(directory).filter(
    (name) => !/^(logs\.(sqlite|lock)(-wal|-shm|-journal)?|collector|lost\+found)$/.test(name),
  );

/** Bytes of the write-ahead log, about, where so many may be taken in all. */
export const roomForLog = (maxBytes: number) => Math.min(maxBytes / 4, 32 * 1024 * 1024);
const page = 8192;

/** Opens the database to write, and makes it if the directory has none. */
export function openToWrite(directory: string, cacheKiB: number, maxBytes = Infinity): DatabaseSync {
  const file = databaseIn(directory);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const isNew = size === 0;
  let db: DatabaseSync | undefined;
  try {
    // SQLite takes less than a page for nothing, and would begin anew.
    if (!isNew && size < page && !existsSync(`${file}-journal`)) throw new Damaged('it is cut off');
    db = new DatabaseSync(file, { timeout: 5000 });
    const room = roomForLog(maxBytes);
    if (isNew) db.exec(`PRAGMA page_size = ${page}; PRAGMA auto_vacuum = INCREMENTAL`);
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${Math.floor(room / 2 / page)}; PRAGMA journal_size_limit = ${Math.floor(room)};
      PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`);
    prepareSchema(db);
    if (isNew) syncDirectory(directory);
    return db;
  } catch (error) {
    db?.close();
    throw new Error(`${file} can't be opened: ${explain(error)}`, { cause: error });
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
    throw new Error(`--data-path ${directory} can't be made: ${explain(error)}`, { cause: error });
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
