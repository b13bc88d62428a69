import { isUtf8 } from 'node:buffer';
import { readSync } from 'node:fs';
import type { Assembler } from './assembler.ts';
import { advance, tailLength, unread, type OpenFile } from './file.ts';
import { boundary } from './giving.ts';
import type { FollowWorld, Progress } from './reader.ts';
import type { Batch } from '../sink.ts';

/** Reads the physical lines of one file after the other. */
export interface Lines {
  /** Gives whole lines of the file, about `budget` bytes at most. `cut`: it holds something else than what was read of it. */
  read(file: OpenFile, batch: Batch, budget: number): { progress: Progress | 'cut'; taken: number };
  /** Gives the rest of a file that ends without a newline and grows no more; false if the batch had no room. */
  rest(file: OpenFile, batch: Batch): boolean;
  /** Gives what has been begun in a file that was cut, and goes on at its beginning. */
  startAnew(file: OpenFile, batch: Batch): void;
}

/** The most bytes that are asked for at once, unless a line is longer. */
const chunk = 128 * 1024;

export function createLines(assembler: Assembler<OpenFile>, { buffer }: Pick<FollowWorld, 'buffer'>): Lines {
  /** The file within whose line, too long to be held, reading stands. */
  let inPieces: OpenFile | undefined;

  /** Takes the physical line from `start` to `end` of the buffer, whole or as the last piece of it. */
  const take = (bytes: Buffer, start: number, end: number, file: OpenFile, at: number, valid: boolean, to: Batch) => {
    if (inPieces === file) {
      assembler.piece(bytes, start, end, file, at, true, to);
      inPieces = undefined;
    } else {
      assembler.take(bytes, start, end, file, at, valid, to);
    }
  };

  return {
    read(file, batch, budget) {
      const before = file.tail.length;
      let want = Math.min(buffer.length, Math.max(chunk, before + 1));
      let got = readSync(file.fd, buffer, 0, want, file.offset - before);
      if (got < before || !buffer.subarray(0, before).equals(file.tail)) {
        return { progress: 'cut', taken: 0 };
      }
      let last = buffer.subarray(0, got).lastIndexOf(10);
      if (last < before && got === want && want < buffer.length) {
        want = buffer.length;
        got = readSync(file.fd, buffer, 0, want, file.offset - before);
        last = buffer.subarray(0, got).lastIndexOf(10);
      }
      const view = buffer.subarray(0, got);
      let start = before;
      // Bytes behind a hole: the writer went on at its old place after the file was cut.
      if (inPieces !== file && file.tail.every(isZero)) while (start < got && view[start] === 0) start++;
      const hole = start > before;
      const valid = last < start || isUtf8(view.subarray(start, last));
      let progress: Progress = got === want ? 'more' : 'dry';
      const stop = Math.min(got, before + budget);
      while (start <= last) {
        const end = view.indexOf(10, start);
        if (!batch.room(end - start + assembler.bytes)) {
          progress = 'full';
          break;
        }
        take(view, start, end, file, file.offset + start - before, valid, batch);
        start = end + 1;
        if (start >= stop && start <= last) {
          progress = 'more';
          break;
        }
      }
      if (!hole && last < before && got === want && want === buffer.length) {
        const end = boundary(view, start, got - tailLength);
        if (batch.room(end - start + assembler.bytes)) {
          assembler.piece(view, start, end, file, file.offset + start - before, false, batch);
          inPieces = file;
          start = end;
          progress = 'more';
        } else {
          progress = 'full';
        }
      }
      const taken = start - before;
      if (taken > 0) advance(file, view, start, taken);
      if (progress === 'dry') file.seen = { size: file.offset + got - start, mtime: file.mtime };
      return { progress, taken };
    },
    rest(file, batch) {
      const length = Math.min(file.size - file.offset, buffer.length);
      if (!batch.room(length + assembler.bytes)) return false;
      const got = readSync(file.fd, buffer, 0, length, file.offset);
      take(buffer, 0, got, file, file.offset, false, batch);
      advance(file, buffer, got, got);
      file.seen = { size: file.offset, mtime: file.mtime };
      return true;
    },
    startAnew(file, batch) {
      if (inPieces === file) {
        assembler.piece(buffer, 0, 0, file, file.offset, true, batch);
        inPieces = undefined;
      }
      assembler.flush(batch);
      Object.assign(file, unread());
    },
  };
}

const isZero = (byte: number) => byte === 0;
