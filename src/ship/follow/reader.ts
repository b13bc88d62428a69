import type { Limits } from './assembler.ts';
import type { Batch } from '../sink.ts';

/** Where reading has to go on in one file after a restart. */
export interface FileMark {
  ino: number;
  /** Fingerprint: the CRC-32 of the first so many bytes. */
  head: [length: number, crc: number];
  /** Up to here everything was taken. */
  offset: number;
  /** The CRC-32 of the last so many bytes before `offset`: tells a file that was cut and has grown again. */
  tail: [length: number, crc: number];
  /** By stream: from here on lines are to be shipped; before `offset` where parts of a line are still held back. */
  from: [stdout: number, stderr: number];
}

/** Where reading has to go on at a path: the files that stood there, oldest first, and what is known to be finished. */
export interface Mark {
  files: FileMark[];
  /** Files that were read to their end not long ago. */
  past: FileMark[];
  /** Milliseconds since 1970: what was put aside before has nothing to do with us. */
  horizon: number;
}

/** `full`: the batch has no room. `dry`: all there was is taken. `more`: the budget is used up, there may be more. */
export type Progress = 'full' | 'dry' | 'more';

/** Reads what is at one path, over rotations. All calls are synchronous and none overlap. */
export interface Reader {
  /** Looks what is at the path; true if there may be something to read. Must go on while nothing is read. */
  look(): boolean;
  /** Gives lines to the batch, about `budget` bytes at most. */
  read(batch: Batch, budget: number): Progress;
  /** The state after the last read, for the checkpoint. */
  mark(): Mark;
  /** Gives what is held back to the batch: the beginnings of lines whose end doesn't come. */
  flush(batch: Batch): void;
  /** Whether the path is wanted; if not, what is open is read to its end, and `done` tells when that is so. */
  want(wanted: boolean): void;
  readonly done: boolean;
  /** Bytes that are known but not taken. */
  readonly lag: number;
  /** True if it holds this file. */
  holds(dev: number, ino: number): boolean;
  /** Number of files held open. */
  readonly open: number;
  close(): void;
}

/** What all readers of a destination share. */
export interface FollowWorld extends Limits {
  /** Read into and forgotten at each call; it takes at least the greatest line and 8 KiB. */
  buffer: Buffer;
  /** Milliseconds for which a file that was put aside or deleted may still grow. */
  linger: number;
  /** Milliseconds after which the beginning of a line is taken for all of it. */
  patience: number;
  /**
   * Bounds of what is held open without a name, since its place on disk is not free until then: for how many
   * milliseconds a file, how many of them, and how many there are now.
   */
  gone: { wait: number; most: number; held: number };
  /** Something is lost for good: bytes of a file that is gone. */
  lost(reason: 'gone', bytes: number, path: string): void;
  /** Told once for each change of state; undefined is well. */
  problem(path: string, error: Error | undefined): void;
  /** True if another path has this file already. */
  isTaken(dev: number, ino: number): boolean;
  /** Where reading of a file ended that is known by another name. */
  known?(ino: number): readonly FileMark[];
  rotated(): void;
  truncated(): void;
}

/** Where a reader begins. */
export interface Start {
  /** Where the file is, if its source tells it by another name. */
  path?: string;
  /** Where an earlier process ended; the rest has no meaning then. */
  mark?: Mark;
  /** Where a file that stands there is begun. */
  start?: 'beginning' | 'end';
  /** Milliseconds since 1970: what was put aside after it belongs to the log; nothing does, if not given. */
  since?: number;
}
