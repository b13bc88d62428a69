import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Log } from '../system/log.ts';
import { hasCode, sweep, syncDirectory, writeFile } from '../system/replace.ts';
import type { FileMark, Mark } from './reader.ts';

const version = 1;

/** A mark, and since when there is nothing at its path any more, in milliseconds since 1970. */
type Entry = Mark & { gone?: number };

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
  /** Nothing is at the path any more; its mark stays for a day, since files come back under other names. */
  forget(path: string): void;
  /** Writes all of it durably, if there is something new; leaves a sign of life in any case. */
  save(): Promise<void>;
  close(): Promise<void>;
}

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
  const journalOf = (number: number) => join(directory ?? '', `${name}.${number}.journal`);
  const journals = () =>
    readdirSync(directory ?? '').flatMap((file) => {
      const [, of, number] = /^(.*)\.(\d+)\.journal$/.exec(file) ?? [];
      return of === name ? [Number(number)] : [];
    });

  let number = 0;
  let found = false;
  let until: number | undefined;
  const entries = new Map<string, Entry>();
  if (path !== undefined) {
    const text = readOr(path);
    const saved = text === undefined ? undefined : parse(text);
    if (text !== undefined && !saved)
      log.warn('the offsets are unreadable; only what came after them is known', { path });
    for (const [key, entry] of Object.entries(saved?.files ?? {})) if (isEntry(entry)) entries.set(key, entry);
    number = saved?.number ?? 0;
    found = text !== undefined;
    for (const one of journals().sort((a, b) => a - b)) {
      if (one < number) continue;
      found = true;
      for (const [key, entry] of readJournal(readFileSync(journalOf(one), 'utf8'))) entries.set(key, entry);
    }
    // A journal of its own: the last line of an earlier one may be torn.
    const times = [path, ...journals().map(journalOf)].map((one) => statSync(one, { throwIfNoEntry: false })?.mtimeMs);
    if (found) until = Math.max(...times.map((time) => time ?? 0));
    number = Math.max(number, ...journals()) + 1;
  }
  let byInode: Map<number, FileMark[]> | undefined;
  let journal: number | undefined;
  let written = 0;
  let dirty = false;
  let saving: Promise<void> | undefined;
  /** The disk was full within a line of the journal. */
  let torn = false;

  const append = (text: string) => {
    if (path === undefined) return;
    journal ??= openSync(journalOf(number), 'a', 0o600);
    const bytes = Buffer.from(torn ? `\n${text}` : text);
    torn = true;
    for (let done = 0; done < bytes.length;) done += writeSync(journal, bytes, done);
    torn = false;
    written += bytes.length;
  };
  const put = (key: string, entry: Entry) => {
    entries.set(key, entry);
    const json = JSON.stringify([key, entry]);
    return `${crc32(json).toString(16)} ${json}\n`;
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
    for (const [key, { gone }] of entries) if (gone !== undefined && gone < day) entries.delete(key);
    const ended = journal;
    journal = undefined;
    // What is in it will stand in the other file, so it need not be durable itself.
    if (ended !== undefined) closeSync(ended);
    torn = false;
    number += 1;
    written = 0;
    const saved = number;
    await writeFile(path, JSON.stringify({ version, number, files: Object.fromEntries(entries) }), 0o600);
    await syncDirectory(directory ?? '');
    for (const old of journals()) if (old < saved) unlinkSync(journalOf(old));
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
      append(text);
      if (written > 4 * 1024 * 1024)
        void save().catch((error: unknown) => log.error('offsets are not saved', { error }));
    },
    forget(key) {
      const entry = entries.get(key);
      if (!entry || entry.gone !== undefined) return;
      dirty = true;
      append(put(key, { ...entry, gone: wall() }));
    },
    save,
    async close() {
      await save();
      if (journal !== undefined) closeSync(journal);
      journal = undefined;
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

function parse(text: string): { number: number; files: Record<string, Entry> } | undefined {
  try {
    const read = JSON.parse(text) as { version?: number; number?: number; files?: Record<string, Entry> };
    if (read.version !== version || typeof read.number !== 'number' || !read.files) return undefined;
    return { number: read.number, files: read.files };
  } catch {
    return undefined;
  }
}

/** The whole lines of a journal; a process that was killed may have left the last one torn. */
function* readJournal(text: string): Generator<[string, Entry]> {
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    const json = line.slice(space + 1);
    if (space < 1 || crc32(json).toString(16) !== line.slice(0, space)) continue;
    const [key, entry] = JSON.parse(json) as [string, Entry];
    if (isEntry(entry)) yield [key, entry];
  }
}

/** Whoever wrote the file, what is wrong in it must not end every process that reads it. */
function isEntry(read: unknown): read is Entry {
  const { files, past, horizon } = (read ?? {}) as Partial<Record<keyof Entry, unknown>>;
  return typeof horizon === 'number' && [files, past].every((marks) => Array.isArray(marks) && marks.every(isMark));
}

function isMark(read: unknown): boolean {
  const { ino, head, offset, tail, from } = (read ?? {}) as Partial<Record<keyof FileMark, unknown>>;
  const arePairs = [head, tail, from].every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isCount));
  return isCount(ino) && isCount(offset) && arePairs;
}

function isCount(read: unknown): boolean {
  return typeof read === 'number' && read >= 0;
}
