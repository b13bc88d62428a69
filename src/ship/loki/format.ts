import type { Destination } from '../destination.ts';
import type { Entries } from '../entries.ts';
import type { LogRecord } from '../record.ts';

/** One of the two forms in which Loki takes a push. */
export interface Format {
  headers: Readonly<Record<string, string>>;
  /** Writes a record behind what is there. */
  encode(record: LogRecord, metadata: Buffer, to: Entries): void;
  /** Structured metadata as it stands at the end of each entry. */
  metadata(pairs: readonly [string, string][]): Buffer;
  /** The body of a push of the entries `from` up to `to`; overwritten by the next call. */
  body(entries: Entries, from: number, to: number, destination: Destination): Promise<Buffer>;
}

/** Puts parts together in memory that is used again by the next call: a mebibyte of garbage for each push adds up. */
export function gatherer(): (parts: readonly Buffer[]) => Buffer {
  let memory = Buffer.alloc(0);
  return (parts) => {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    if (memory.length < size) memory = Buffer.allocUnsafeSlow(Math.ceil(size * 1.1));
    let at = 0;
    for (const part of parts) at += part.copy(memory, at);
    return memory.subarray(0, size);
  };
}
