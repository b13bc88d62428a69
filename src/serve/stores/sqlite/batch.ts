import type { Entry } from '../../store.ts';
import { keyOf } from './identity.ts';

/** Entries of one write in columns; a row names its source by its number in `keys`. */
export interface Batch {
  keys: string[];
  of: number[];
  times: bigint[];
  logs: string[];
  /** JSON, or null for none. */
  metadata: (string | null)[];
}

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

export function pack(entries: readonly Entry[]): Batch {
  const batch: Batch = { keys: [], of: [], times: [], logs: [], metadata: [] };
  const numbers = new Map<string, number>();
  for (const entry of entries) {
    const { time, log, metadata } = entry;
    if (time < least || time > most) throw new RangeError(`the time ${time} is out of range`);
    const key = keyOf(entry);
    let number = numbers.get(key);
    if (number === undefined) {
      number = batch.keys.push(key) - 1;
      numbers.set(key, number);
    }
    batch.of.push(number);
    batch.times.push(time);
    batch.logs.push(log.isWellFormed() ? log : log.toWellFormed());
    batch.metadata.push(Object.keys(metadata).length === 0 ? null : JSON.stringify(metadata));
  }
  return batch;
}
