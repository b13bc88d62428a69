import { setTimeout as sleep } from 'node:timers/promises';
import { find } from './find.ts';
import { drop, forget, most, nothingTold, recall, tell, type Place, type Told } from './follower.ts';
import type { Asking } from './selection.ts';
import type { Found, Store } from '../store.ts';

export interface Following {
  store: Store;
  /** Its times don't matter. */
  asking: Asking;
  /** Nanoseconds: how long after its time something may come in. */
  late: bigint;
  now(): bigint;
  signal: AbortSignal;
}

/** Milliseconds between two looks. */
const interval = 500;
const end = 2n ** 63n - 1n;

/** What was told so far, for one who begins: what is there now is nothing new, unless it asks for what is since a time. */
export async function begin(following: Following, from: bigint | undefined): Promise<Told> {
  if (from !== undefined) return nothingTold(from);
  const told = nothingTold(following.now() - following.late);
  const looked = look(following, told);
  while (!(await looked.next()).done);
  return told;
}

/** What is wrong with a place that is none of this store; undefined if it is one. */
export async function strange(following: Following, { after, high }: Place): Promise<string | undefined> {
  const { store, signal } = following;
  const instant = { from: end, to: end, series: [], text: [] };
  try {
    for (const cursor of [after, high]) {
      if (cursor === undefined) continue;
      const found = store.search({ ...instant, direction: 'forward', after: cursor }, signal);
      for await (const _ of found) continue;
    }
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** What was told so far, for one who comes back. */
export async function resume(following: Following, place: Place): Promise<Told> {
  const there = new Map<string, bigint>();
  if (place.high !== undefined) {
    for await (const { cursor, time } of behind(following, place)) {
      there.set(cursor, time);
      if (cursor === place.high) return recall(place, there);
      if (there.size > 2 * most) break;
    }
    // Its last one is gone; what was behind it is there.
    return { ...nothingTold(place.from), after: place.high };
  }
  return recall(place, there);
}

/** All that is new, look by look; `undefined` after each look. Ends with an error, by the signal at the latest. */
export async function* follow(following: Following, told: Told): AsyncGenerator<Found | undefined> {
  for (;;) {
    const started = following.now();
    yield* look(following, told);
    // Whatever comes in from now on has a time that isn't further back than that.
    forget(told, started - following.late);
    yield undefined;
    await sleep(interval, undefined, { signal: following.signal });
  }
}

async function* look(following: Following, told: Told): AsyncGenerator<Found> {
  const met = new Map<string, bigint>();
  let last = told.high === undefined || !told.seen.has(told.high);
  for await (const found of behind(following, told)) {
    const { cursor, time } = found;
    const known = told.seen.has(cursor);
    if (!known) tell(told, cursor, time, last);
    if (cursor === told.high) last = true;
    met.set(cursor, time);
    if (met.size > most) {
      const [oldest = ''] = met.keys();
      met.delete(oldest);
      drop(told, oldest);
      told.after = oldest;
    }
    if (!known) yield found;
  }
  // The others are gone from the store.
  for (const cursor of told.seen.keys()) if (!met.has(cursor)) drop(told, cursor);
}

const behind = ({ store, asking, signal }: Following, { from, after }: Pick<Told, 'from' | 'after'>) =>
  find(
    store,
    { ...asking, selection: { ...asking.selection, from, to: end } },
    { direction: 'forward', ...(after !== undefined && { after }) },
    signal,
  );
