import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { FileMark } from './reader.ts';

/** A file that is read, held open: its name may change or go. */
export interface OpenFile {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
  /** Up to here everything was taken. */
  offset: number;
  /** By stream: lines that begin before were shipped by an earlier process. */
  skip: [number, number];
  head: FileMark['head'];
  /** The last bytes before `offset`. */
  tail: Buffer;
  size: number;
  mtime: number;
  links: number;
  /** Size and time of change up to which it has been looked through in vain. */
  seen: { size: number; mtime: number };
  /** When it has last grown, of the clock that never goes back. */
  grown: number;
}

const headLength = 256;
export const tailLength = 256;

/** Opens a file; never waits, whatever it is. Throws the system's error, or that it is no file. */
export function openFile(path: string, now: number): OpenFile {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw new Error(`${path} is no file`);
  }
  const file: OpenFile = {
    fd,
    dev: stat.dev,
    ino: stat.ino,
    offset: 0,
    skip: [0, 0],
    head: [0, 0],
    tail: Buffer.alloc(0),
    size: stat.size,
    mtime: stat.mtimeMs,
    links: stat.nlink,
    seen: { size: 0, mtime: stat.mtimeMs },
    grown: now,
  };
  return file;
}

/** Looks at it again. */
export function refresh(file: OpenFile, now: number): void {
  const stat = fstatSync(file.fd);
  if (stat.size !== file.size) file.grown = now;
  file.size = stat.size;
  file.mtime = stat.mtimeMs;
  file.links = stat.nlink;
}

/** True if there is something that has not been looked through: more bytes, fewer, or others. */
export function isUnread(file: OpenFile): boolean {
  return file.size !== file.seen.size || file.mtime !== file.seen.mtime;
}

/** Moves on behind the `length` bytes that end in `bytes` at `end`, and remembers what they ended with. */
export function advance(file: OpenFile, bytes: Buffer, end: number, length: number): void {
  file.offset += length;
  const kept = Math.min(tailLength, end);
  if (file.tail.length === kept) bytes.copy(file.tail, 0, end - kept, end);
  else file.tail = Buffer.from(bytes.subarray(end - kept, end));
}

export function markOf(file: OpenFile, from: [number, number]): FileMark {
  const wanted = Math.min(headLength, file.offset);
  if (file.head[0] < wanted) file.head = headOf(file.fd, wanted);
  const { ino, head, offset, tail } = file;
  return { ino, head, offset, tail: [tail.length, crc32(tail)], from };
}

/** True if the file begins as the one that was marked. */
export function isSame(file: Pick<OpenFile, 'fd' | 'ino'>, { ino, head }: Pick<FileMark, 'ino' | 'head'>): boolean {
  if (file.ino !== ino) return false;
  const [length, crc] = headOf(file.fd, head[0]);
  return length === head[0] && crc === head[1];
}

/** Goes on where a mark says, if the file still holds what was read; returns false, at its beginning, if it doesn't. */
export function resume(file: OpenFile, mark: FileMark): boolean {
  const [length, crc] = mark.tail;
  const tail = Buffer.alloc(length);
  if (!isSame(file, mark) || file.size < mark.offset) return false;
  const read = readSync(file.fd, tail, 0, length, mark.offset - length);
  if (read !== length || crc32(tail) !== crc) return false;
  file.offset = mark.offset;
  file.tail = tail;
  file.head = mark.head;
  file.skip = [...mark.from];
  const start = Math.min(...mark.from);
  if (start < mark.offset) {
    // Lines whose end had not come are read again; what the other stream had in between is passed over.
    const before = Buffer.alloc(Math.min(tailLength, start));
    readSync(file.fd, before, 0, before.length, start - before.length);
    file.offset = start;
    file.tail = before;
  }
  return true;
}

function headOf(fd: number, length: number): [number, number] {
  const bytes = Buffer.alloc(length);
  const read = readSync(fd, bytes, 0, length, 0);
  return [read, crc32(bytes.subarray(0, read))];
}
