import { mkdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../system/log.ts';
import { hasCode, sweep, syncDirectory, writeFile } from '../system/replace.ts';
import { createJournals } from './journals.ts';
import { formatLine, formatOffsets, parseOffsets, type Entry } from './offsets.ts';
import type { FileMark, Mark } from './follow/reader.ts';

/** Where one destination has got to, by path. */
export interface Checkpoint {
  /** True if an earlier process has left something. */
  readonly found: boolean;
  /** Milliseconds since 1970 at which an earlier process was still there, if one was. */
  readonly until: number | undefined;
  get(path: string): Mark | undefined;
  /** Marks of a file by whatever path it was read. */
  known(ino: number): readonly FileMark[];
  /** Remembers at once, so that it outlives this process; the machine's end only after {@link save}. */
  commit(marks: ReadonlyMap<string, Mark>): void;
  /** Nothing is at the path any more; its mark stays for a day, of the last thousand, since files come back. */
  forget(path: string): void;
  /** Writes all of it durably, if there is something new; leaves a sign of life in any case. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/** So many marks of paths at which there is nothing any more are kept. */
const goneKept = 1000;
/** Bytes of a journal after which all is written anew. */
const longest = 4 * 1024 * 1024;

/**
 * In `directory`, `<name>.json` holds all marks, replaced by rename; `<name>.<n>.journal` holds what came after it, one
 * mark a line with its checksum, appended at each acknowledgement. Without a directory nothing outlives the process.
 */
export async function openCheckpoint(
  directory: string | undefined,
  name: string,
  log: Log,
  wall: () => number = Date.now,
): Promise<Checkpoint> {
  if (directory !== undefined) {
    mkdirSync(directory, { recursive: true });
    await sweep(directory);
  }
  const path = directory === undefined ? undefined : join(directory, `${name}.json`);
  const journals = directory === undefined ? undefined : createJournals(directory, name);
  let found = false;
  let until: number | undefined;
  const entries = new Map<string, Entry>();
  if (path !== undefined) {
    const text = readOr(path);
    const saved = text === undefined ? undefined : parseOffsets(text);
    if (text !== undefined && !saved)
      log.warn('the offsets are unreadable; only what came after them is known', { path });
    for (const [key, entry] of saved?.entries ?? []) entries.set(key, entry);
    const later = journals?.read(saved?.number ?? 0);
    for (const [key, entry] of later?.entries ?? []) entries.set(key, entry);
    found = text !== undefined || later !== undefined;
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (found) until = Math.max(changed, later?.changed ?? 0);
  }
  let byInode: Map<number, FileMark[]> | undefined;
  let dirty = false;
  let saving: Promise<void> | undefined;
  /** Where there is nothing any more, the longest gone first. */
  const gone = new Set([...entries].flatMap(([key, { gone }]) => (gone === undefined ? [] : [key])));
  const put = (key: string, entry: Entry) => {
    entries.set(key, entry);
    gone.delete(key);
    if (entry.gone !== undefined) gone.add(key);
    for (const oldest of gone) {
      if (gone.size <= goneKept) break;
      gone.delete(oldest);
      entries.delete(oldest);
    }
    return formatLine(key, entry);
  };
  const write = async () => {
    if (path === undefined || (!dirty && touch(path))) return;
    dirty = false;
    try {
      await writeAll(path);
    } catch (error) {
      dirty = true;
      throw error;
    }
  };
  const writeAll = async (path: string) => {
    const day = wall() - 86_400_000;
    for (const key of gone)
      if ((entries.get(key)?.gone ?? 0) < day) {
        gone.delete(key);
        entries.delete(key);
      }
    const number = journals?.next() ?? 0;
    await writeFile(path, formatOffsets(number, entries), 0o600);
    await syncDirectory(dirname(path));
    journals?.drop(number);
  };
  const save = () => (saving = (saving ?? Promise.resolve()).catch(() => undefined).then(write));

  /** Leaves the time at which we are still here; false if there is no file yet, or no more. */
  const touch = (path: string) => {
    const now = wall() / 1000;
    try {
      utimesSync(path, now, now);
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    }
  };

  return {
    found,
    until,
    get: (key) => entries.get(key),
    known(ino) {
      if (!byInode) {
        byInode = new Map();
        for (const { files, past } of entries.values())
          for (const mark of [...files, ...past]) byInode.set(mark.ino, [...(byInode.get(mark.ino) ?? []), mark]);
      }
      return byInode.get(ino) ?? [];
    },
    commit(marks) {
      let text = '';
      for (const [key, mark] of marks) text += put(key, mark);
      byInode = undefined;
      dirty = true;
      journals?.append(text);
      if ((journals?.size ?? 0) > longest)
        void save().catch((error: unknown) => log.error('offsets are not saved', { error }));
    },
    forget(key) {
      const entry = entries.get(key);
      if (!entry || entry.gone !== undefined) return;
      dirty = true;
      const line = put(key, { ...entry, gone: wall() });
      journals?.append(line);
    },
    save,
    async close() {
      try {
        await save();
      } finally {
        journals?.close();
      }
    },
  };
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
