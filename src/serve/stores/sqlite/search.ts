import type { Search } from '../../store.ts';
import { filterOf } from './filter.ts';
import { createHeap } from '../../heap.ts';
import type { Asked, Chunk, Lines, Point, Range } from './lines.ts';
import type { Part, Parts } from './parts.ts';
import { compare, momentOf, parseCursor, span, type Place } from './place.ts';

export interface Row extends Place {
  metadata: string | null;
  log: string;
}

/** Time that one piece of work may take; asked now and then. */
export type Over = () => boolean;

/** Where the reading of one part is: at `place`, the next line or how far was looked. */
interface Reading {
  place: { offset: number; series: number; seq: number };
  chunk: Chunk;
  /** Index of the line at `place`; beyond the lines it is the end of the chunk. */
  at: number;
  size: number;
}

/** Rows and characters of one answer. */
const page = { rows: 1000, characters: 1024 * 1024 };
/** Lines that are read of a part at once: at first, and at most. */
const sizes = { first: 32, most: 4096 };
/** Bytes of memory for the lines that are read ahead: of all searches of a thread together, and of one part at least. */
const room = { together: 8 * 1024 * 1024, least: 2048 };

/**
 * Gives what matches page by page, in order; an empty page when time is over. Between two of them nothing of the
 * database is held, and what happens there meanwhile is seen. The memory for lines read ahead is shared with so many
 * `others` as there are when it is asked.
 */
export function* search(
  asked: Search,
  parts: Parts,
  lines: Lines,
  over: Over,
  others: () => number = () => 0,
): Generator<Row[]> {
  const { direction } = asked;
  const filter = filterOf(asked.text);
  const after = asked.after === undefined ? undefined : parseCursor(asked.after);
  const [from, to] = [momentOf(asked.from), momentOf(asked.to)];
  if (asked.from > asked.to) return;
  const begin = direction === 'forward' ? furthest(from, after, 1) : furthest(to, after, -1);
  const end = direction === 'forward' ? to.bucket : from.bucket;
  const step = direction === 'forward' ? 1 : -1;
  let rows: Row[] = [];
  let characters = 0;
  for (let next: number | undefined = begin; (end - next) * step >= 0; next += step) {
    next = parts.next(next, direction, end);
    if (next === undefined) break;
    const bucket = next;
    const range: Range = {
      low: bucket === from.bucket ? from.offset : 0,
      high: bucket === to.bucket ? to.offset : Number(span) - 1,
    };
    const behind = after?.bucket === bucket ? after : undefined;
    const heap = createHeap<Reading>((a, b) => step * compare(a.place, b.place));
    for (const part of parts.of(bucket)) {
      const place = beginning(part, range, direction, behind);
      if (place) heap.push({ place, chunk: { lines: [], end: place }, at: 0, size: sizes.first });
    }
    const roomOf = (readings: number) => Math.max(room.least, room.together / (1 + others()) / readings);
    for (let reading = heap.pop(); reading; reading = heap.pop()) {
      const { series } = reading.place;
      const line = reading.chunk.lines[reading.at];
      if (line) {
        rows.push({ bucket, series, ...line });
        characters += line.log.length;
        reading.at += 1;
        if (place(reading)) heap.push(reading);
        if (rows.length < page.rows && characters < page.characters) continue;
      } else {
        const { size } = reading;
        const asked = { direction, after: reading.place, range, size, room: roomOf(heap.size + 1), filter };
        reading.chunk = lines.read({ bucket, series }, asked);
        reading.at = 0;
        reading.size = Math.min(sizes.most, reading.size * 4);
        if (place(reading)) heap.push(reading);
        if (!over()) continue;
      }
      yield rows;
      rows = [];
      characters = 0;
    }
  }
  if (rows.length > 0) yield rows;
}

/** Moves the reading's place to its next line, or to the end of its chunk; false at the end of the part. */
function place(reading: Reading): boolean {
  const { chunk, at } = reading;
  const next: Point | undefined = chunk.lines[at] ?? chunk.end;
  if (next) reading.place = { offset: next.offset, series: reading.place.series, seq: next.seq };
  return next !== undefined;
}

const furthest = (bound: { bucket: number }, after: Place | undefined, step: 1 | -1) =>
  after && (after.bucket - bound.bucket) * step > 0 ? after.bucket : bound.bucket;

/** A place just before the first line of the part that is asked for; undefined if there is none. */
function beginning(part: Part, { low, high }: Range, direction: Asked['direction'], after: Place | undefined) {
  const { series, first, last } = part;
  if (last < low || first > high) return undefined;
  const forward = direction === 'forward';
  const place = forward
    ? { offset: Math.max(first, low), series, seq: -1 }
    : { offset: Math.min(last, high), series, seq: Number.MAX_SAFE_INTEGER };
  if (!after) return place;
  const step = forward ? 1 : -1;
  // Of the cursor's own time, the series before its own are over.
  const seq =
    series === after.series ? after.seq : (series - after.series) * step > 0 ? -step * Infinity : step * Infinity;
  const behind = { offset: after.offset, series, seq: Math.max(-1, Math.min(seq, Number.MAX_SAFE_INTEGER)) };
  const later = step * compare(place, behind) > 0 ? place : behind;
  return (forward ? later.offset > last : later.offset < first) ? undefined : later;
}
