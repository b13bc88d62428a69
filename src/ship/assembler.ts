import { isUtf8 } from 'node:buffer';
import { emptyLine } from '../logs/lines/line.ts';
import { lineParser } from '../logs/lines/parse.ts';
import type { LogRecord, Source } from './record.ts';
import type { Batch } from './sink.ts';

/** What all assemblers of a destination share. */
export interface Limits {
  /** The most bytes of a record. */
  maxLine: number;
  /** What is done with more: further records, or nothing but a mark at the end. */
  overlong: 'split' | 'truncate';
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

/** The beginning of a record whose end has not come. */
interface Held<F> {
  at: Place<F>;
  seconds: number;
  nanos: number;
  parts: Buffer[];
  length: number;
  /** True while the last line in it is a part of a line. */
  partial: boolean;
  lines: number;
  /** True once a piece of it was given away, so that what is left goes on. */
  cut: boolean;
  since: number;
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

const mark = Buffer.from(' [truncated]');

export function createAssembler<F extends { skip: [number, number] }>(source: Source, limits: Limits): Assembler<F> {
  const { maxLine, overlong, held: total, count } = limits;
  const { multiline } = source;
  const parse = lineParser();
  const line = emptyLine();
  const none = Buffer.alloc(0);
  const record: LogRecord = { source, stream: 0, seconds: 0, nanos: 0, bytes: none, start: 0, end: 0 };
  const holding: [Held<F> | undefined, Held<F> | undefined] = [undefined, undefined];
  /** Of a line that comes in pieces: what its first piece has told. */
  let long: { stream: 0 | 1; partial: boolean } | undefined;
  let own = 0;

  const give = (bytes: Buffer, start: number, end: number, valid: boolean, batch: Batch) => {
    count.lines++;
    count.bytes += end - start;
    record.bytes = bytes;
    record.start = start;
    record.end = end;
    if (!valid && !isUtf8(bytes.subarray(start, end))) {
      count.invalid++;
      record.bytes = Buffer.from(bytes.toString('utf8', start, end));
      record.start = 0;
      record.end = record.bytes.length;
    }
    batch.add(record);
  };
  /** Gives a text that may be too long, in pieces that end between characters. */
  const giveAll = (bytes: Buffer, from: number, end: number, valid: boolean, batch: Batch) => {
    let start = from;
    while (end - start > maxLine) {
      count.cut++;
      if (overlong === 'truncate') {
        const kept = boundary(bytes, start, start + maxLine - mark.length);
        return give(Buffer.concat([bytes.subarray(start, kept), mark]), 0, kept - start + mark.length, false, batch);
      }
      const next = boundary(bytes, start, start + maxLine);
      give(bytes, start, next, false, batch);
      start = next;
    }
    give(bytes, start, end, valid, batch);
  };
  const account = (bytes: number) => {
    own += bytes;
    total.bytes += bytes;
  };
  const release = (stream: 0 | 1, batch: Batch, ending: boolean) => {
    const held = holding[stream];
    if (!held) return;
    const bytes = held.parts.length === 1 ? (held.parts[0] ?? none) : Buffer.concat(held.parts, held.length);
    record.stream = stream;
    record.seconds = held.seconds;
    record.nanos = held.nanos;
    const length = ending && bytes[bytes.length - 1] === 13 ? bytes.length - 1 : bytes.length;
    if (!(held.cut && (overlong === 'truncate' || length === 0))) giveAll(bytes, 0, length, false, batch);
    account(-held.length);
    holding[stream] = undefined;
  };
  const hold = (text: Buffer, file: F, offset: number, partial: boolean, batch: Batch) => {
    const { stream, seconds, nanos } = line;
    let held = holding[stream];
    const grown = (held?.length ?? 0) + text.length;
    if (held?.partial && (grown > maxLine || total.bytes + text.length > total.limit)) {
      // Too long to be held: what is there goes now, and what follows is a record of the same time.
      const { seconds, nanos, cut } = held;
      if (!cut) count.cut++;
      if (overlong === 'truncate' && cut) {
        account(-held.length);
        holding[stream] = undefined;
      } else {
        if (overlong === 'truncate') held.parts.push(mark);
        held.length = held.parts.reduce((sum, part) => sum + part.length, 0);
        account(overlong === 'truncate' ? mark.length : 0);
        release(stream, batch, false);
      }
      held = { ...begin(file, offset), seconds, nanos, cut: true };
      holding[stream] = held;
    } else if (!held) {
      held = { ...begin(file, offset), seconds, nanos };
      holding[stream] = held;
    }
    held.parts.push(text);
    held.length += text.length;
    held.partial = partial;
    held.since = limits.now();
    account(text.length);
  };
  const begin = (file: F, offset: number): Held<F> => ({
    at: { file, offset },
    seconds: 0,
    nanos: 0,
    parts: [],
    length: 0,
    partial: true,
    lines: 0,
    cut: false,
    since: limits.now(),
  });
  const tellTime = () => {
    if (line.seconds >= 0) return;
    const now = limits.wall();
    line.seconds = Math.floor(now / 1000);
    line.nanos = Math.floor((now % 1000) * 1e6);
  };

  /** A text that belongs to `line`, from its file and offset. */
  const accept = (file: F, offset: number, valid: boolean, batch: Batch) => {
    const { stream, bytes, start } = line;
    let { end } = line;
    const held = holding[stream];
    if (line.partial) {
      if (held && !held.partial && !continues(bytes, start, end)) release(stream, batch, true);
      const next = holding[stream];
      if (next && !next.partial) {
        next.parts.push(Buffer.from('\n'));
        next.length++;
        account(1);
      }
      return hold(Buffer.from(bytes.subarray(start, end)), file, offset, true, batch);
    }
    if (!multiline) {
      if (held) {
        hold(Buffer.from(bytes.subarray(start, end)), file, offset, false, batch);
        return release(stream, batch, true);
      }
      if (end > start && bytes[end - 1] === 13) end--;
      record.stream = stream;
      record.seconds = line.seconds;
      record.nanos = line.nanos;
      if (end - start <= maxLine) give(bytes, start, end, valid, batch);
      else giveAll(bytes, start, end, valid, batch);
      return;
    }
    if (held && !held.partial) {
      if (continues(bytes, start, end) && held.lines < multiline.lines && held.length + end - start < maxLine) {
        held.parts.push(Buffer.from('\n'));
        held.length++;
        account(1);
      } else {
        release(stream, batch, true);
      }
    }
    if (end > start && bytes[end - 1] === 13) end--;
    hold(Buffer.from(bytes.subarray(start, end)), file, offset, false, batch);
    const now = holding[stream];
    if (now) now.lines++;
  };
  const continues = (bytes: Buffer, start: number, end: number) =>
    multiline !== undefined && !multiline.start.test(bytes.toString('utf8', start, Math.min(end, start + 1024)));

  return {
    take(bytes, start, end, file, offset, valid, batch) {
      parse(bytes, start, end, line);
      if (offset < file.skip[line.stream]) return;
      if (line.format === 'plain') {
        count.plain++;
        if (holding[0]?.partial) release(0, batch, true);
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
        if (line.format === 'plain') count.plain++;
        long = { stream: line.stream, partial: line.partial };
      }
      line.partial = !last || long.partial;
      if (last) long = undefined;
      if (offset >= file.skip[line.stream]) accept(file, offset, false, batch);
    },
    held: (stream) => holding[stream]?.at,
    get bytes() {
      return own;
    },
    flush(batch, before = Number.POSITIVE_INFINITY) {
      for (const stream of [0, 1] as const) {
        if ((holding[stream]?.since ?? Number.POSITIVE_INFINITY) <= before) release(stream, batch, true);
      }
    },
    drop() {
      for (const stream of [0, 1] as const) {
        account(-(holding[stream]?.length ?? 0));
        holding[stream] = undefined;
      }
    },
  };
}

/** The last place up to `end` that isn't within a character. */
export function boundary(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && end - at < 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at > start && ((bytes[at] ?? 0) & 0xc0) !== 0x80 ? at : end;
}
