import type { DatabaseSync } from 'node:sqlite';
import { createBlocks } from './blocks.ts';
import type { Filter } from './filter.ts';
import type { Opened } from './opened.ts';
import type { Part } from './parts.ts';

export interface Line {
  offset: number;
  seq: number;
  /** JSON, or null for none. */
  metadata: string | null;
  log: string;
  /** Of the text, as UTF-8. */
  bytes: number;
}

/** A place within a part. */
export type Point = Pick<Line, 'offset' | 'seq'>;

/** Some lines of a part, in the order asked for. `end` is how far was looked; undefined at the end of the part. */
export interface Chunk {
  lines: Line[];
  end: Point | undefined;
}

export interface Range {
  /** Offsets; both belong to it. */
  low: number;
  high: number;
}

export interface Asked {
  direction: 'forward' | 'backward';
  /** What lies before it in the direction, and itself, is left out. */
  after: Point;
  range: Range;
  /** The most lines to give. */
  size: number;
  /** Bytes of memory, about, that the lines may take; without it the bytes of text that are looked at end the chunk. */
  room?: number;
  /** Undefined for all lines. */
  filter: Filter | undefined;
}

/** Told of lines that follow one another: how many, where the first of them is, and the bytes of their texts. */
export type Note = (offset: number, count: number, bytes: number) => void;

export interface Counted extends Pick<Asked, 'after' | 'range' | 'filter'> {
  /** Whether lines from one offset to another may be told as one. */
  isOne(from: number, to: number): boolean;
  note: Note;
}

export interface Lines {
  read(part: Pick<Part, 'bucket' | 'series'>, asked: Asked): Chunk;
  /** Looks at some lines of a part, forward, in no order; gives how far, or undefined at the end of the part. */
  count(part: Pick<Part, 'bucket' | 'series'>, counted: Counted): Point | undefined;
}

/** Bytes of text that end a chunk, and what a line takes in memory beside its text. */
const enough = 256 * 1024;
const besideText = 150;

export const comparePoints = (a: Point, b: Point) => a.offset - b.offset || a.seq - b.seq;

/** Single lines that are looked at together when they are counted. */
const together = 4096;

/** Reads lines, those that lie single and those in blocks as one. `took` is told of the bytes that were taken for it. */
export function createLines(db: DatabaseSync, took: (bytes: number) => void = () => undefined): Lines {
  const blocks = createBlocks(db, took);
  // With a bare `?` as its limit SQLite prepares a statement again whenever it is bound.
  const statement = (columns: string, direction: Asked['direction']) =>
    db.prepare(
      `SELECT offset, seq, ${columns}, octet_length(log) AS bytes FROM entries WHERE bucket = ? AND series = ? AND ${
        direction === 'forward'
          ? '(offset, seq) > (?, ?) AND (offset, seq) <= (?, ?) ORDER BY offset, seq'
          : '(offset, seq) < (?, ?) AND (offset, seq) >= (?, ?) ORDER BY offset DESC, seq DESC'
      } LIMIT +?`,
    );
  const whole = { forward: statement('metadata, log', 'forward'), backward: statement('metadata, log', 'backward') };
  const bare = statement("NULL AS metadata, '' AS log", 'forward');
  type Place = Pick<Part, 'bucket' | 'series'>;

  /** Single lines up to a point that belongs to them. */
  function single({ bucket, series }: Place, asked: Asked, bound: Point): Chunk {
    const { direction, after, size, filter } = asked;
    const lines: Line[] = [];
    const isFull = fills(asked);
    let looked = 0;
    let end: Point | undefined;
    const found = whole[direction].iterate(bucket, series, after.offset, after.seq, bound.offset, bound.seq, size);
    for (const line of found as Iterable<unknown> as Iterable<Line>) {
      looked += 1;
      end = line;
      const holds = !filter || filter.holds(line.log);
      if (holds) lines.push(line);
      if (isFull(line, holds)) return { lines, end };
    }
    return { lines, end: looked < size ? undefined : end };
  }

  function countSingle({ bucket, series }: Place, { after, filter, note }: Counted, bound: Point): Point | undefined {
    let looked = 0;
    let end: Point | undefined;
    const found = (filter ? whole.forward : bare).iterate(
      bucket, series, after.offset, after.seq, bound.offset, bound.seq, together,
    ); // prettier-ignore
    for (const line of found as Iterable<unknown> as Iterable<Line>) {
      looked += 1;
      end = line;
      if (!filter || filter.holds(line.log)) note(line.offset, 1, line.bytes);
    }
    return looked < together ? undefined : end;
  }

  return {
    read(part, asked) {
      const { direction, range } = asked;
      const forward = direction === 'forward';
      const last: Point = forward
        ? { offset: range.high, seq: Number.MAX_SAFE_INTEGER }
        : { offset: range.low, seq: -1 };
      const block = blocks.next(part, asked);
      if (!block) return single(part, asked, last);
      const step = forward ? 1 : -1;
      const edge = forward ? block.end : block.begin;
      const bound = step * comparePoints(edge, last) < 0 ? edge : last;
      const between = single(part, asked, bound);
      const stop = between.end ?? bound;
      const { lines, end = stop } = linesOf(block, asked, stop);
      const more = between.lines.filter((line) => step * comparePoints(line, end) <= 0);
      const all = more.length === 0 ? lines : merge(lines, more, step);
      return { lines: all, end: step * comparePoints(end, last) >= 0 ? undefined : end };
    },
    count(part, counted) {
      const { after, range } = counted;
      const last: Point = { offset: range.high, seq: Number.MAX_SAFE_INTEGER };
      const block = blocks.next(part, { direction: 'forward', after, range });
      if (!block) return countSingle(part, counted, last);
      const bound = comparePoints(block.end, last) < 0 ? block.end : last;
      const end = countSingle(part, counted, bound) ?? bound;
      countBlock(block, counted, end);
      return comparePoints(end, last) >= 0 ? undefined : end;
    },
  };
}

/** Returns a function that is told of each line and whether it is given, and says whether that was enough. */
function fills({ room = Infinity }: Asked): (line: Line, given: boolean) => boolean {
  let [text, taken] = [0, 0];
  return ({ log }, given) => {
    text += log.length;
    if (given) taken += log.length + besideText;
    return text >= enough || taken >= room;
  };
}

/** Lines of a block behind `after` and up to `stop`; `end` tells how far, if that isn't up to there. */
function linesOf(block: Opened, asked: Asked, stop: Point): { lines: Line[]; end?: Point } {
  const { direction, after, size, filter } = asked;
  const step = direction === 'forward' ? 1 : -1;
  const lines: Line[] = [];
  const isFull = fills(asked);
  if (filter && !block.mayHold(filter)) return { lines };
  for (const index of block.indexes(direction, after, filter)) {
    const point = block.pointOf(index);
    if (step * comparePoints(point, stop) > 0) break;
    const line = block.lineOf(index);
    lines.push(line);
    if (isFull(line, true) || lines.length >= size) return { lines, end: point };
  }
  return { lines };
}

function countBlock(block: Opened, { after, filter, isOne, note }: Counted, stop: Point): void {
  const { begin, end, count, bytes } = block;
  const isWhole = comparePoints(after, begin) < 0 && comparePoints(end, stop) <= 0;
  if (!filter && isWhole && isOne(begin.offset, end.offset)) note(begin.offset, count, bytes);
  else if (!filter || block.mayHold(filter))
    for (const index of block.indexes('forward', after, filter)) {
      const offset = block.offsetOf(index);
      if (offset > stop.offset || (offset === stop.offset && comparePoints(block.pointOf(index), stop) > 0)) return;
      note(offset, 1, block.sizeOf(index));
    }
}

function merge(a: readonly Line[], b: readonly Line[], step: number): Line[] {
  return [...a, ...b].sort((one, other) => step * comparePoints(one, other));
}
