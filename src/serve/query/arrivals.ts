import { hash, randomBytes } from 'node:crypto';
import { keyOf } from '../identity.ts';
import type { Entry, Store } from '../store.ts';

/** Something that came in while the clock told less than before. */
export interface Stray {
  time: bigint;
  /** What the clock told then. */
  at: bigint;
  /** The same for the same entry. */
  name: string;
}

/**
 * What comes in while the clock is behind what it has told before, in the order of arrival: by their times such entries lie
 * among others that were there long before. While the clock goes forward nothing is kept.
 */
export interface Arrivals {
  note(entries: readonly Entry[]): void;
  /** Told of a time that counts as one that the clock has told. */
  raise(time: bigint): void;
  /** Where the order is now. */
  mark(): string;
  /** What came behind a mark; all that is known behind one of an earlier process. */
  since(mark: string): Stray[];
}

/** So many are remembered. */
const most = 10_000;
/** Nanoseconds: what is further back came too late for anyone. */
const latest = 300_000_000_000n;

export const nameOf = (entry: Entry): string => hash('sha256', `${entry.time} ${keyOf(entry)} ${entry.log}`, 'base64');

export function createArrivals(now: () => bigint): Arrivals {
  const run = randomBytes(6).toString('hex');
  let high = now();
  let number = 0;
  let kept: Stray[] = [];
  return {
    note(entries) {
      const at = now();
      if (at >= high) {
        high = at;
        return;
      }
      for (const entry of entries) {
        const { time } = entry;
        if (time >= high || time < at - latest) continue;
        kept.push({ time, at, name: nameOf(entry) });
        number += 1;
      }
      if (kept.length > 2 * most) kept = kept.slice(-most);
    },
    raise(time) {
      if (time > high) high = time;
    },
    mark: () => `${run}.${number}`,
    since(mark) {
      const [of, seen] = mark.split('.');
      const fresh = of === run ? number - Number(seen) : kept.length;
      return fresh > 0 ? kept.slice(-fresh) : [];
    },
  };
}

/** The store, of whose writes it is told. */
export const noted = (store: Store, arrivals: Arrivals): Store => ({
  ...store,
  async write(entries) {
    await store.write(entries);
    arrivals.note(entries);
  },
});
