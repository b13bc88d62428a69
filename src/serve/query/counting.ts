import { find } from './find.ts';
import { QueryError } from './parameters.ts';
import { valueOf } from './row.ts';
import type { Asking } from './selection.ts';
import type { Count, Store } from '../store.ts';

/** Counts of one answer; more would take more memory than one question may. */
const most = 500_000;

export interface Counting {
  by: readonly string[];
  /** Nanoseconds, or undefined for one count in all. */
  step: bigint | undefined;
}

/** What the store counts, or, where it can't look at all conditions, what is counted here. */
export async function count(store: Store, asking: Asking, counting: Counting, signal: AbortSignal): Promise<Count[]> {
  const { selection, rest } = asking;
  const { by, step } = counting;
  if (rest.length > 0) return countHere(store, asking, counting, signal);
  if (step !== undefined && by.length > 0) {
    const { length } = await store.count(selection, by, undefined, signal);
    bound(BigInt(length) * ((selection.to - selection.from) / step + 1n));
  }
  return store.count(selection, by, step, signal);
}

async function countHere(store: Store, asking: Asking, { by, step }: Counting, signal: AbortSignal): Promise<Count[]> {
  const counts = new Map<string, Count>();
  const { from } = asking.selection;
  for await (const found of find(store, asking, { direction: 'forward' }, signal)) {
    const values = by.map((name) => valueOf(found, name));
    const start = step === undefined ? from : floor(found.time, step);
    const key = JSON.stringify([String(start), ...values]);
    const known = counts.get(key);
    const count = known ?? {
      start,
      by: Object.fromEntries(by.map((name, index) => [name, values[index] ?? ''])),
      count: 0,
      bytes: 0,
    };
    count.count += 1;
    count.bytes += Buffer.byteLength(found.log);
    if (known) continue;
    counts.set(key, count);
    bound(BigInt(counts.size));
  }
  return [...counts.values()];
}

/** The multiple of the step that isn't later. */
export const floor = (time: bigint, step: bigint) => time - (((time % step) + step) % step);

function bound(size: bigint): void {
  if (size <= BigInt(most)) return;
  const problem = `gives more than ${most} counts`;
  throw new QueryError([{ parameter: 'by', problem, help: 'fewer names, longer steps, or a shorter time' }]);
}
