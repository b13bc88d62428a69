import { textTest } from '../../query/condition.ts';
import type { Found, Matcher, Search } from '../../store.ts';
import { createHeap } from '../../heap.ts';
import type { Source } from '../../identity.ts';
import type { Session } from './client.ts';
import { compare, dayOf, formatCursor, greatest, hour, least, parseCursor } from './place.ts';
import { pieces, type Line } from './read.ts';
import type { Hour, Register } from './register.ts';
import type { Turnstile } from './turnstile.ts';

/** What reads need. */
export interface Reader {
  session: Session;
  register: Register;
  /** Requests at once. */
  gate: Turnstile;
}

interface Range {
  from: bigint;
  to: bigint;
  direction: Search['direction'];
}

/** Rows that are held at once, of all series together, before the first page of each tells how long they are. */
const held = 20_000;

/** The hours in which there may be something, in order. */
export async function* hoursOf(
  register: Register,
  { from, to, direction }: Range,
  matchers: readonly Matcher[],
  signal: AbortSignal,
): AsyncGenerator<Hour> {
  signal.throwIfAborted();
  if (from > to) return;
  const days = await register.days(from, to, signal);
  if (direction === 'backward') days.reverse();
  for (const day of days) {
    if (day < dayOf(from) || day > dayOf(to)) continue;
    signal.throwIfAborted();
    const hours = await register.hours(day, matchers, signal);
    if (direction === 'backward') hours.reverse();
    for (const one of hours) if (one.begin <= to && one.begin + hour > from) yield one;
  }
}

/** What matches in order: hour by hour, in each the series that are there merged. */
export async function* search(reader: Reader, asked: Search, signal: AbortSignal): AsyncGenerator<Found> {
  const { direction, text } = asked;
  const after = asked.after === undefined ? undefined : parseCursor(asked.after);
  const sign = direction === 'forward' ? 1 : -1;
  const range = { ...inBounds(asked), direction };
  if (after && sign > 0 && after.time > range.from) range.from = after.time;
  if (after && sign < 0 && after.time < range.to) range.to = after.time;
  const tests = text.map(textTest);
  const wanted = (line: Line) => (!after || sign * compare(line, after) > 0) && tests.every((test) => test(line.log));

  for await (const { begin, shelves } of hoursOf(reader.register, range, asked.series, signal)) {
    const heap = createHeap<Shelved>((a, b) => sign * compare(a.lines[a.at] as Line, b.lines[b.at] as Line));
    const page = Math.max(5, Math.min(200, Math.floor(held / shelves.length)));
    const fill = async (one: Shelved) => {
      for (;;) {
        const lines = (await one.next())?.filter(wanted);
        if (!lines) return;
        if (lines.length === 0) continue;
        [one.lines, one.at] = [lines, 0];
        heap.push(one);
        return;
      }
    };
    const work = new AbortController();
    const both = AbortSignal.any([signal, work.signal]);
    try {
      await Promise.all(
        shelves.map((shelf) => {
          const reading = { begin, ...range, whole: true, page };
          const next = pieces(reader.session, reader.gate, shelf, reading, both);
          return fill({ source: shelf.source, next, lines: [], at: 0 });
        }),
      );
      for (let one = heap.pop(); one; one = heap.pop()) {
        const line = one.lines[one.at] as Line;
        one.at += 1;
        yield foundOf(line, one.source);
        if (one.at < one.lines.length) heap.push(one);
        else {
          await fill(one);
          signal.throwIfAborted();
        }
      }
    } finally {
      // What was asked for and isn't needed any more isn't sent.
      work.abort();
    }
  }
}

/** Times outside of 64 bits are as far as a time can be. */
export const inBounds = ({ from, to }: { from: bigint; to: bigint }) => ({
  from: from < least ? least : from,
  to: to > greatest ? greatest : to,
});

interface Shelved {
  source: Source;
  next: () => Promise<Line[] | undefined>;
  lines: Line[];
  at: number;
}

const foundOf = (line: Line, source: Source): Found => ({
  ...source,
  time: line.time,
  log: line.log,
  metadata: line.metadata ? Object.fromEntries(line.metadata) : {},
  cursor: formatCursor(line),
});
