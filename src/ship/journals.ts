import { closeSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readJournal, type Entry } from './offsets.ts';

/** What came after the offsets of one destination were last written, in files with a number each. */
export interface Journals {
  /** All that is in those of that number and later ones, and when they were last written; undefined if there are none. */
  read(from: number): { entries: [string, Entry][]; changed: number } | undefined;
  /** Writes to the present one; throws the system's error, and what came before stays whole. */
  append(text: string): void;
  /** Bytes of the present one. */
  readonly size: number;
  /** Begins another one; returns its number. */
  next(): number;
  /** Removes those before that number. */
  drop(before: number): void;
  close(): void;
}

/** Those called `<name>.<n>.journal` in the directory. */
export function createJournals(directory: string, name: string): Journals {
  const pathOf = (number: number) => join(directory, `${name}.${number}.journal`);
  const there = () =>
    readdirSync(directory).flatMap((file) => {
      const [, of, number] = /^(.*)\.(\d+)\.journal$/.exec(file) ?? [];
      return of === name ? [Number(number)] : [];
    });
  // One of its own: the last line of an earlier one may be torn.
  let number = Math.max(0, ...there()) + 1;
  let descriptor: number | undefined;
  let size = 0;
  /** The disk was full within a line. */
  let torn = false;

  const close = () => {
    const ended = descriptor;
    descriptor = undefined;
    if (ended !== undefined) closeSync(ended);
  };
  return {
    read(from) {
      number = Math.max(number, from + 1);
      const later = there().filter((one) => one >= from);
      if (later.length === 0) return undefined;
      const paths = later.sort((a, b) => a - b).map(pathOf);
      const entries = paths.flatMap((path) => [...readJournal(readFileSync(path, 'utf8'))]);
      return { entries, changed: Math.max(...paths.map((path) => statSync(path).mtimeMs)) };
    },
    append(text) {
      descriptor ??= openSync(pathOf(number), 'a', 0o600);
      const bytes = Buffer.from(torn ? `\n${text}` : text);
      torn = true;
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
      torn = false;
      size += bytes.length;
    },
    get size() {
      return size;
    },
    next() {
      // What is in it will stand elsewhere, so it need not be durable itself.
      close();
      torn = false;
      size = 0;
      return ++number;
    },
    drop(before) {
      for (const old of there()) if (old < before) unlinkSync(pathOf(old));
    },
    close,
  };
}
