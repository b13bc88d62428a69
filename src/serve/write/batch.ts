import type { Fault } from '../reply.ts';
import { shorten } from './shorten.ts';
import type { Entry } from '../store.ts';
import { readEntry, unparsable, type Places, type Reading, type Unfit } from './entry.ts';
import { readValues } from './values.ts';

export interface BatchLimits {
  entries: number;
  /** Bytes of a text. */
  line: number;
}

export interface Batch {
  entries: Entry[];
  /** Those that were left out, and why. */
  skipped: Unfit[];
  /** How many texts were cut. */
  cut: number;
}

/** More entries than a request may have. */
export class BatchTooLarge extends Error {}

/**
 * Reads what Fluent Bit's HTTP output sends. If reading is lenient, an entry that can't be stored is left out and a text
 * that is too long is cut; otherwise the first fault is the answer, and nothing is stored.
 */
export function readBatch(text: string, reading: Reading, limits: BatchLimits): Batch | Fault {
  const { lenient } = reading;
  const batch: Batch = { entries: [], skipped: [], cut: 0 };
  let values: unknown[];
  try {
    const read = readValues(text, lenient);
    values = read.values;
    for (let i = 0; i < read.broken; i += 1) batch.skipped.push(unparsable('a line is no record'));
  } catch (error) {
    return unparsable((error as Error).message).fault;
  }
  if (values.length > limits.entries)
    throw new BatchTooLarge(`${values.length} entries in one request; the limit is ${limits.entries}`);
  const places: Places = new Map();
  let first: Unfit | undefined;
  for (const value of values) {
    const one = fit(read(value, reading, places), limits.line, lenient, batch);
    if ('log' in one) batch.entries.push(one);
    else if (lenient) batch.skipped.push(one);
    // An earlier server parsed the whole body before it looked at an entry.
    else if (!first || (first.reason !== 'form' && one.reason === 'form')) first = one;
  }
  return first ? first.fault : batch;
}

function read(value: unknown, reading: Reading, places: Places): Entry | Unfit {
  try {
    return readEntry(value, reading, places);
  } catch (error) {
    // JSON can be nested more deeply than it can be written again.
    if (error instanceof RangeError) return unparsable('an entry is nested too deeply');
    throw error;
  }
}

function fit(one: Entry | Unfit, longest: number, lenient: boolean, batch: Batch): Entry | Unfit {
  if (!('log' in one)) return one;
  const log = shorten(one.log, longest);
  if (log === one.log) return one;
  if (!lenient) {
    const detail = `log has ${Buffer.byteLength(one.log)} bytes; the limit is ${longest}`;
    return { fault: { message: 'invalid log entry', detail }, reason: 'length' };
  }
  batch.cut += 1;
  return { ...one, log };
}
