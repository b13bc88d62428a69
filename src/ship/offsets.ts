import { crc32 } from 'node:zlib';
import type { FileMark, Mark } from './follow/reader.ts';

const version = 1;

/** A mark, and since when there is nothing at its path any more, in milliseconds since 1970. */
export type Entry = Mark & { gone?: number };

/** All offsets as one text; `number` is that of the first journal that came after it. */
export function formatOffsets(number: number, entries: ReadonlyMap<string, Entry>): string {
  return JSON.stringify({ version, number, files: Object.fromEntries(entries) });
}

/** Reads them; undefined where the text is damaged or of another version. */
export function parseOffsets(text: string): { number: number; entries: [string, Entry][] } | undefined {
  try {
    const read = JSON.parse(text) as { version?: number; number?: number; files?: Record<string, unknown> };
    if (read.version !== version || typeof read.number !== 'number' || !read.files) return undefined;
    const entries = Object.entries(read.files).filter((pair): pair is [string, Entry] => isEntry(pair[1]));
    return { number: read.number, entries };
  } catch {
    return undefined;
  }
}

/** A line of a journal, with its checksum. */
export function formatLine(path: string, entry: Entry): string {
  const json = JSON.stringify([path, entry]);
  return `${crc32(json).toString(16)} ${json}\n`;
}

/** The whole lines of a journal; a process that was killed may have left the last one torn. */
export function* readJournal(text: string): Generator<[string, Entry]> {
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
