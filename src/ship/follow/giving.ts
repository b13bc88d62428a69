import { isUtf8 } from 'node:buffer';
import type { Limits } from './assembler.ts';
import type { LogRecord } from '../record.ts';
import type { Batch } from '../sink.ts';

/** Gives texts to a batch as records that are valid and no longer than the greatest line. */
export interface Giving {
  /** Source, stream and time of what is given next; moved on by a nanosecond for each further piece of one text. */
  readonly record: LogRecord;
  give(bytes: Buffer, start: number, end: number, valid: boolean, batch: Batch): void;
  /** Gives so much of a text as there may be, with a mark at its end. */
  giveBeginning(bytes: Buffer, start: number, end: number, batch: Batch): void;
}

const truncated = Buffer.from(' [truncated]');

export function createGiving(record: LogRecord, { maxLine, overlong, count }: Limits): Giving {
  const giveOne = (bytes: Buffer, start: number, end: number, valid: boolean, batch: Batch) => {
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
    const { source } = record;
    if (source.names === undefined) return batch.add(record);
    for (const name of source.names) {
      record.source = name;
      batch.add(record);
    }
    record.source = source;
  };
  const giveBeginning: Giving['giveBeginning'] = (bytes, start, end, batch) => {
    const most = start + maxLine - truncated.length;
    const kept = end > most ? boundary(bytes, start, most) : start + wholeEnd(bytes.subarray(start, end));
    const text = Buffer.concat([bytes.subarray(start, kept), truncated]);
    giveOne(text, 0, text.length, false, batch);
  };
  return {
    record,
    giveBeginning,
    give(bytes, from, end, valid, batch) {
      let start = from;
      while (end - start > maxLine) {
        count.cut++;
        if (overlong === 'truncate') return giveBeginning(bytes, start, end, batch);
        const next = boundary(bytes, start, start + maxLine);
        giveOne(bytes, start, next, false, batch);
        afterwards(record);
        start = next;
      }
      giveOne(bytes, start, end, valid, batch);
    },
  };
}

/**
 * Moves a time on by a nanosecond. Loki keeps what has the same time in no certain order, and of what has the same text
 * too only one.
 */
export function afterwards(time: Pick<LogRecord, 'seconds' | 'nanos'>): void {
  time.nanos += 1;
  if (time.nanos < 1e9) return;
  time.seconds += 1;
  time.nanos = 0;
}

/** The last place up to `end` that isn't within a character. */
export function boundary(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && end - at < 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at > start && ((bytes[at] ?? 0) & 0xc0) !== 0x80 ? at : end;
}

/** Where a text ends that may end within a character. */
export function wholeEnd(bytes: Buffer): number {
  for (let at = bytes.length - 1; at >= 0 && bytes.length - at < 4; at--) {
    const byte = bytes[at] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return at + length > bytes.length ? at : bytes.length;
  }
  return bytes.length;
}
