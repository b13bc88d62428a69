import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { hasCode } from '../../system/replace.ts';
import type { FileMark } from './reader.ts';

/** A file that is read, held open: its name may change or go. */
export interface OpenFile {
  fd: number;
  dev: number;
  ino: number;
  /** Up to here everything was taken. */
  offset: number;
  /** By stream: lines that begin before were shipped by an earlier process. */
  skip: [number, number];
  head: FileMark['head'];
  /** The last bytes before `offset`. */
  tail: Buffer;
  size: number;
  mtime: number;
  /** Since when it has no name any more, of the clock that never goes back. */
  gone: number | undefined;
  /** When it was made, in milliseconds since 1970; 0 where the file system does not tell. */
  birth: number;
  /** It was made of a file before that was cut: it grows no more, and may be used for the next copy. */
  copy: boolean;
  /** Size and time of change up to which it has been looked through in vain. */
  seen: { size: number; mtime: number };
  /** When it has last grown, of the clock that never goes back. */
  grown: number;
}

const headLength = 256;
export const tailLength = 256;
/** At the end of a file so much is looked through for the last newline. */
const lastPart = 128 * 1024;

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
    ...unread(),
    size: stat.size,
    mtime: stat.mtimeMs,
    gone: stat.nlink === 0 ? now : undefined,
    birth: stat.birthtimeMs,
    copy: false,
    seen: { size: 0, mtime: stat.mtimeMs },
    grown: now,
  };
  return file;
}

/** The same, but undefined if nothing is there. */
export function openThere(path: string, now: number): OpenFile | undefined {
  try {
    return openFile(path, now);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The state of a file of which nothing was read. */
export function unread(): Pick<OpenFile, 'offset' | 'skip' | 'head' | 'tail' | 'seen'> {
  return { offset: 0, skip: [0, 0], head: [0, 0], tail: Buffer.alloc(0), seen: { size: 0, mtime: 0 } };
}

/** Looks at it again. */
export function refresh(file: OpenFile, now: number): void {
  const stat = fstatSync(file.fd);
  if (stat.size !== file.size) file.grown = now;
  file.size = stat.size;
  file.mtime = stat.mtimeMs;
  file.gone = stat.nlink === 0 ? (file.gone ?? now) : undefined;
}

/** True if there is something that has not been looked through: more bytes, fewer, or others. */
export function isUnread(file: OpenFile): boolean {
  return file.size !== file.seen.size || file.mtime !== file.seen.mtime;
}

/** Moves on behind the `length` bytes that end in `bytes` at `end`, and remembers what they ended with. */
export function advance(file: OpenFile, bytes: Buffer, end: number, length: number): void {
  const known = file.head[0];
  if (known < headLength && known >= file.offset && known < file.offset + length) {
    const first = bytes.subarray(
      end - length + known - file.offset,
      Math.min(end, end - length + headLength - file.offset),
    );
    file.head = [known + first.length, crc32(first, file.head[1])];
  }
  file.offset += length;
  const kept = Math.min(tailLength, end);
  if (file.tail.length === kept) bytes.copy(file.tail, 0, end - kept, end);
  else file.tail = Buffer.from(bytes.subarray(end - kept, end));
}

/** Moves on behind the last newline, so far as that is within reach; `buffer` is overwritten. */
export function skipToEnd(file: OpenFile, buffer: Buffer): void {
  const from = Math.max(0, file.size - lastPart);
  const length = readSync(file.fd, buffer, 0, Math.min(lastPart, file.size - from), from);
  const end = buffer.subarray(0, length).lastIndexOf(10) + 1;
  file.offset = from;
  advance(file, buffer, end, end);
  file.skip = [file.offset, file.offset];
}

export function markOf(file: OpenFile, from: [number, number]): FileMark {
  const wanted = Math.min(headLength, file.offset);
  if (file.head[0] < wanted) file.head = headOf(file.fd, wanted);
  const { ino, head, offset, tail } = file;
  return { ino, head, offset, tail: [tail.length, crc32(tail)], from };
}

/** True if the file begins as the one that was marked. */
export function isSame(file: Pick<OpenFile, 'fd' | 'ino'>, { ino, head }: Pick<FileMark, 'ino' | 'head'>): boolean {
  return file.ino === ino && beginsAs(file, head);
}

/** True if the file begins with what was fingerprinted. */
export function beginsAs({ fd }: Pick<OpenFile, 'fd'>, head: FileMark['head']): boolean {
  const [length, crc] = headOf(fd, head[0]);
  return length === head[0] && crc === head[1];
}

/** Goes on where a mark says, if the file still holds what was read; returns false, at its beginning, if it doesn't. */
export function resume(file: OpenFile, mark: FileMark): boolean {
  const [length, crc] = mark.tail;
  const tail = Buffer.alloc(length);
  if (!beginsAs(file, mark.head) || file.size < mark.offset) return false;
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

/** True if `copy` was made of what `file` still begins with. */
export function isCopy(copy: OpenFile, file: OpenFile): boolean {
  const { size } = copy;
  if (size === 0 || size > file.size || copy.birth < file.birth) return false;
  const length = Math.min(headLength, size);
  return [0, size - length].every((at) => crcOf(copy.fd, at, length)[1] === crcOf(file.fd, at, length)[1]);
}

function headOf(fd: number, length: number): [number, number] {
  return crcOf(fd, 0, length);
}

function crcOf(fd: number, at: number, length: number): [number, number] {
  const bytes = Buffer.alloc(length);
  const read = readSync(fd, bytes, 0, length, at);
  return [read, crc32(bytes.subarray(0, read))];
}
