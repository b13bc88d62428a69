/** What a follower has told already, as far back as something new may still come in. */
export interface Told {
  /** Nanoseconds since 1970: nothing before it is looked at any more. */
  from: bigint;
  /** Nothing up to this cursor is looked at any more. */
  after: string | undefined;
  /** The told ones behind both, in their order, with their times. */
  seen: Map<string, bigint>;
  /** The last one in the order that was told. */
  high: string | undefined;
  digest: Digest;
  /** How far in the order of arrival it was looked, for what came in while the clock was behind. */
  arrived: string;
}

/** Two times 32 bits over a set: adding one a second time takes it out. */
type Digest = readonly [number, number];

/** The place of a follower in words that fit into an event's id: what was told, by its number and its digest. */
export interface Place {
  from: bigint;
  after: string | undefined;
  high: string | undefined;
  count: number;
  digest: Digest;
  arrived: string;
}

/** The most that are remembered. */
export const most = 10_000;

export const nothingTold = (from: bigint, arrived: string): Told => ({
  from,
  after: undefined,
  seen: new Map(),
  high: undefined,
  digest: [0, 0],
  arrived,
});

export function formatPlace({ from, after = '', high = '', seen, digest, arrived }: Told): string {
  return [String(from), after, high, seen.size, ...digest.map((half) => half.toString(36)), arrived].join('|');
}

/** Undefined for what `formatPlace` hasn't made. */
export function parsePlace(text: string): Place | undefined {
  const parts =
    /^(-?\d{1,19})\|([^|]{0,500})\|([^|]{0,500})\|(\d{1,6})\|([\da-z]{1,7})\|([\da-z]{1,7})\|([\da-f]{12}\.\d{1,15})$/.exec(
      text,
    );
  if (!parts) return undefined;
  const [, from = '', after = '', high = '', count = '', a = '', b = '', arrived = ''] = parts;
  return {
    from: BigInt(from),
    after: after === '' ? undefined : after,
    high: high === '' ? undefined : high,
    count: Number(count),
    digest: [Number.parseInt(a, 36) >>> 0, Number.parseInt(b, 36) >>> 0],
    arrived,
  };
}

/** Remembers that it was told; `last` if it is behind all others. */
export function tell(told: Told, cursor: string, time: bigint, last: boolean): void {
  told.seen.set(cursor, time);
  told.digest = toggle(told.digest, cursor);
  if (last) told.high = cursor;
}

/** Remembers it no more. */
export function drop(told: Told, cursor: string): void {
  if (told.seen.delete(cursor)) told.digest = toggle(told.digest, cursor);
}

/** Looks no further back than this from now on. */
export function forget(told: Told, from: bigint): void {
  if (from <= told.from) return;
  for (const [cursor, time] of told.seen) if (time < from) drop(told, cursor);
  told.from = from;
}

/**
 * What was told when a follower comes back, from what is there now up to its last one: all of it, all but one that came
 * in meanwhile, or nothing if it can't be told which ones came in.
 */
export function recall(place: Place, there: ReadonlyMap<string, bigint>): Told {
  const told = nothingTold(place.from, place.arrived);
  told.after = place.after;
  told.high = place.high;
  const extra = there.size - place.count;
  let sum = place.digest;
  for (const cursor of there.keys()) sum = toggle(sum, cursor);
  const late =
    extra === 1 ? [...there.keys()].find((cursor) => toggle(sum, cursor).every((half) => half === 0)) : undefined;
  // Where some are gone (extra is negative) nothing speaks for a late one.
  if (extra > 1 || (extra === 1 && late === undefined) || (extra === 0 && sum.some((half) => half !== 0))) return told;
  for (const [cursor, time] of there) if (cursor !== late) tell(told, cursor, time, false);
  return told;
}

function toggle([a, b]: Digest, text: string): Digest {
  let one = 0x811c9dc5;
  let two = 0x9747b28c;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 0x01000193);
    two = Math.imul(two ^ code, 0x5bd1e995);
    two ^= two >>> 15;
  }
  return [(a ^ one) >>> 0, (b ^ two) >>> 0];
}
