import { emptyLine } from '../../logs/lines/line.ts';
import { asItStands, lineParser } from '../../logs/lines/parse.ts';
import { afterwards, createGiving } from './giving.ts';
import { createHolding } from './holding.ts';
import type { LogRecord, Source } from '../record.ts';
import type { Batch } from '../sink.ts';

/** What all assemblers of a destination share. */
export interface Limits {
  /** The most bytes of a record. */
  maxLine: number;
  /** What is done with more: further records, or nothing but a mark at the end. */
  overlong: 'split' | 'truncate';
  /** True if no line is understood: each is taken as it stands. */
  raw?: boolean;
  /** Milliseconds since 1970, for lines that tell no time. */
  wall(): number;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Bytes that are held back now, and the most there may be. */
  held: { bytes: number; limit: number };
  count: Counts;
}

/** What is counted on the way; the owner reads it from time to time. */
export interface Counts {
  lines: number;
  bytes: number;
  plain: number;
  cut: number;
  invalid: number;
}

/** Where a physical line begins. */
export interface Place<F> {
  file: F;
  offset: number;
}

/** Makes records of the physical lines of one path: joins parts by stream, and lines that belong together. */
export interface Assembler<F> {
  /** Takes a whole physical line; `valid` where it is known to be UTF-8. */
  take(bytes: Buffer, start: number, end: number, file: F, offset: number, valid: boolean, batch: Batch): void;
  /** Takes a piece of a physical line that is too long to be held at once. */
  piece(bytes: Buffer, start: number, end: number, file: F, offset: number, last: boolean, batch: Batch): void;
  /** The first line of the stream that is held back. */
  held(stream: 0 | 1): Place<F> | undefined;
  /** Bytes that are held back. */
  readonly bytes: number;
  /** Gives away what has been held since before that time, or all of it. */
  flush(batch: Batch, before?: number): void;
  /** Forgets what is held back. */
  drop(): void;
}

export function createAssembler<F extends { skip: [number, number] }>(source: Source, limits: Limits): Assembler<F> {
  const { maxLine, count } = limits;
  const parse = limits.raw ? asItStands : lineParser();
  const line = emptyLine();
  const record: LogRecord = { source, stream: 0, seconds: 0, nanos: 0, bytes: Buffer.alloc(0), start: 0, end: 0 };
  const giving = createGiving(record, limits);
  const holding = createHolding<F>(giving, limits);
  const streams = [0, 1] as const;
  /** Of a line that comes in pieces: what its first piece has told. */
  let long: { stream: 0 | 1; partial: boolean } | undefined;
  /** The time that was last told for a line that has none. */
  const told = { wall: 0, seconds: 0, nanos: 0 };

  const tellTime = () => {
    if (line.seconds >= 0) return;
    const wall = limits.wall();
    if (wall === told.wall) {
      afterwards(told);
    } else {
      told.wall = wall;
      told.seconds = Math.floor(wall / 1000);
      told.nanos = Math.floor((wall % 1000) * 1e6);
    }
    line.seconds = told.seconds;
    line.nanos = told.nanos;
  };
  const continues = () => {
    const end = Math.min(line.end, line.start + 1024);
    const { multiline } = source;
    return multiline !== undefined && !multiline.start.test(line.bytes.toString('utf8', line.start, end));
  };
  /** `line` is whole, and so is its record. */
  const acceptOne = (file: F, offset: number, valid: boolean, batch: Batch) => {
    const { stream, bytes, start, end } = line;
    if (holding.get(stream)?.partial) {
      holding.add(line, end, file, offset, false, batch);
      return holding.release(stream, batch);
    }
    // Of a time when lines were joined.
    holding.release(stream, batch);
    record.stream = stream;
    record.seconds = line.seconds;
    record.nanos = line.nanos;
    giving.give(bytes, start, endOf(bytes, start, end), valid, batch);
  };
  /** `line` is whole, and may go on with what is held or be gone on with. */
  const acceptOfSeveral = (file: F, offset: number, lines: number, batch: Batch) => {
    const { stream, bytes, start, end } = line;
    const held = holding.get(stream);
    if (held && !held.partial) {
      if (continues() && held.lines < lines && held.length + end - start < maxLine) holding.newline(stream);
      else holding.release(stream, batch);
    }
    holding.add(line, endOf(bytes, start, end), file, offset, false, batch);
    holding.counted(stream);
  };
  /** `line` is a part of a line. */
  const acceptPart = (file: F, offset: number, batch: Batch) => {
    const { stream, end } = line;
    const held = holding.get(stream);
    if (held && !held.partial) {
      if (continues()) holding.newline(stream);
      else holding.release(stream, batch);
    }
    holding.add(line, end, file, offset, true, batch);
  };
  const accept = (file: F, offset: number, valid: boolean, batch: Batch) => {
    const { multiline } = source;
    if (line.partial) acceptPart(file, offset, batch);
    else if (multiline) acceptOfSeveral(file, offset, multiline.lines, batch);
    else acceptOne(file, offset, valid, batch);
  };

  return {
    take(bytes, start, end, file, offset, valid, batch) {
      parse(bytes, start, end, line);
      if (offset < file.skip[line.stream]) return;
      if (line.format === 'plain') {
        if (!limits.raw) count.plain++;
        if (holding.get(0)?.partial) holding.release(0, batch);
      }
      tellTime();
      accept(file, offset, valid, batch);
    },
    piece(bytes, start, end, file, offset, last, batch) {
      if (long) {
        line.stream = long.stream;
        line.bytes = bytes;
        line.start = start;
        line.end = end;
      } else {
        parse(bytes, start, end, line);
        tellTime();
        if (line.format === 'plain' && !limits.raw) count.plain++;
        long = { stream: line.stream, partial: line.partial };
      }
      line.partial = !last || long.partial;
      if (last) long = undefined;
      if (offset >= file.skip[line.stream]) accept(file, offset, false, batch);
    },
    held: (stream) => holding.get(stream)?.at,
    get bytes() {
      return holding.bytes;
    },
    flush(batch, before = Number.POSITIVE_INFINITY) {
      for (const stream of streams)
        if ((holding.get(stream)?.since ?? Number.POSITIVE_INFINITY) <= before) holding.release(stream, batch);
    },
    drop: () => holding.drop(),
  };
}

/** A carriage return before the newline is no part of the text. */
function endOf(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === 13 ? end - 1 : end;
}
