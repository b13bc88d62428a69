import { setTimeout as sleep } from 'node:timers/promises';
import { nameOf, type Arrivals } from './arrivals.ts';
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
  arrivals: Arrivals;
  now(): bigint;
  signal: AbortSignal;
}

/** Milliseconds between two looks. */
const interval = 500;
const end = 2n ** 63n - 1n;
/** Nanoseconds. */
const day = 86_400_000_000_000n;

/** What was told so far, for one who begins: what is there now is nothing new, unless it asks for what is since a time. */
export async function begin(following: Following, from: bigint | undefined): Promise<Told> {
  const { arrivals, late } = following;
  const arrived = arrivals.mark();
  if (from !== undefined) return nothingTold(from, arrived);
  const told = nothingTold(following.now() - late, arrived);
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
  // The clock may be behind where it was then.
  if (place.from < following.now() + day) following.arrivals.raise(place.from);
  const there = new Map<string, bigint>();
  if (place.high !== undefined) {
    for await (const { cursor, time } of behind(following, place)) {
      there.set(cursor, time);
      if (cursor === place.high) return recall(place, there);
      if (there.size > 2 * most) break;
    }
    // Its last one is gone; what was behind it is there.
    return { ...nothingTold(place.from, place.arrived), after: place.high };
  }
  return recall(place, there);
}

/** All that is new, look by look; `undefined` after each look. Ends with an error, by the signal at the latest. */
export async function* follow(following: Following, told: Told): AsyncGenerator<Found | undefined> {
  for (;;) {
    const started = following.now();
    following.arrivals.raise(started);
    yield* look(following, told);
    yield* strays(following, told);
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

/** What came in with a time that isn't looked at any more, since the clock was set back. */
async function* strays({ store, asking, late, arrivals, signal }: Following, told: Told): AsyncGenerator<Found> {
  const mark = arrivals.mark();
  const missed = arrivals.since(told.arrived).filter(({ time, at }) => time < told.from && time >= at - late);
  const times = missed.map(({ time }) => time).toSorted((a, b) => (a < b ? -1 : 1));
  const [from, to] = [times[0], times.at(-1)];
  if (from !== undefined && to !== undefined) {
    const names = Map.groupBy(missed, ({ name }) => name);
    const selection = { ...asking.selection, from, to };
    let last: Found | undefined;
    for await (const found of find(store, { ...asking, selection }, { direction: 'forward' }, signal)) {
      if (!names.get(nameOf(found))?.pop()) continue;
      if (last) yield last;
      last = found;
    }
    // The place of the last one is behind all of them.
    told.arrived = mark;
    if (last) yield last;
  }
  told.arrived = mark;
}

const behind = ({ store, asking, signal }: Following, { from, after }: Pick<Told, 'from' | 'after'>) =>
  find(
    store,
    { ...asking, selection: { ...asking.selection, from, to: end } },
    { direction: 'forward', ...(after !== undefined && { after }) },
    signal,
  );
