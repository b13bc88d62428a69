import type { DatabaseSync } from 'node:sqlite';
import { createBlocks, type Opened } from './blocks.ts';
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
  filter: Filter;
}

/** What is wanted of the texts. */
export interface Filter {
  /** If not, the lines come without text and metadata, and `holds` isn't asked. */
  texts: boolean;
  /** Bytes that each text has to contain, if there is such a condition. */
  needle: Buffer | undefined;
  holds(log: string): boolean;
}

export type ReadLines = (part: Pick<Part, 'bucket' | 'series'>, asked: Asked) => Chunk;

/** So many characters end a chunk. */
const enough = 256 * 1024;

export const comparePoints = (a: Point, b: Point) => a.offset - b.offset || a.seq - b.seq;

/** Reads lines, those that lie single and those in blocks as one. */
export function createLines(db: DatabaseSync): ReadLines {
  const blocks = createBlocks(db);
  const statement = (columns: string, direction: Asked['direction']) =>
    db.prepare(
      `SELECT offset, seq, ${columns}, octet_length(log) AS bytes FROM entries WHERE bucket = ? AND series = ? AND ${
        direction === 'forward'
          ? '(offset, seq) > (?, ?) AND (offset, seq) <= (?, ?) ORDER BY offset, seq'
          : '(offset, seq) < (?, ?) AND (offset, seq) >= (?, ?) ORDER BY offset DESC, seq DESC'
      } LIMIT ?`,
    );
  const rows = {
    forward: [statement("NULL AS metadata, '' AS log", 'forward'), statement('metadata, log', 'forward')] as const,
    backward: [statement("NULL AS metadata, '' AS log", 'backward'), statement('metadata, log', 'backward')] as const,
  };

  /** Single lines up to a point that belongs to them. */
  function single({ bucket, series }: Pick<Part, 'bucket' | 'series'>, asked: Asked, bound: Point): Chunk {
    const { direction, after, size, filter } = asked;
    const lines: Line[] = [];
    let looked = 0;
    let characters = 0;
    let end: Point | undefined;
    const found = rows[direction][filter.texts ? 1 : 0].iterate(
      bucket, series, after.offset, after.seq, bound.offset, bound.seq, size,
    ); // prettier-ignore
    for (const line of found as Iterable<unknown> as Iterable<Line>) {
      looked += 1;
      characters += line.log.length;
      end = line;
      if (!filter.texts || filter.holds(line.log)) lines.push(line);
      if (characters >= enough) return { lines, end };
    }
    return { lines, end: looked < size ? undefined : end };
  }

  return (part, asked) => {
    const { direction, range } = asked;
    const forward = direction === 'forward';
    const last: Point = forward ? { offset: range.high, seq: Number.MAX_SAFE_INTEGER } : { offset: range.low, seq: -1 };
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
  };
}

/** Lines of a block behind `after` and up to `stop`; `end` tells how far, if that isn't up to there. */
function linesOf(
  block: Opened,
  { direction, after, size, filter }: Asked,
  stop: Point,
): { lines: Line[]; end?: Point } {
  const step = direction === 'forward' ? 1 : -1;
  const lines: Line[] = [];
  let characters = 0;
  for (const index of block.indexes(direction, after, filter)) {
    const point = block.pointOf(index);
    if (step * comparePoints(point, stop) > 0) break;
    const line = block.lineOf(index, filter.texts);
    if (filter.texts && !filter.holds(line.log)) continue;
    lines.push(line);
    characters += line.log.length;
    if (lines.length >= size || characters >= enough) return { lines, end: point };
  }
  return { lines };
}

function merge(a: readonly Line[], b: readonly Line[], step: number): Line[] {
  return [...a, ...b].sort((one, other) => step * comparePoints(one, other));
}
