import type { DatabaseSync } from 'node:sqlite';
import type { Part } from './parts.ts';

export interface Line {
  offset: number;
  seq: number;
  /** JSON, or null for none. */
  metadata: string | null;
  log: string;
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
  /** The most lines to look at. */
  size: number;
  holds(log: string): boolean;
}

export type ReadLines = (part: Pick<Part, 'bucket' | 'series'>, asked: Asked) => Chunk;

/** So many characters end a chunk. */
const enough = 256 * 1024;

export function createLines(db: DatabaseSync): ReadLines {
  const from = 'SELECT offset, seq, metadata, log FROM entries WHERE bucket = ? AND series = ?';
  const rows = {
    forward: db.prepare(`${from} AND (offset, seq) > (?, ?) AND offset <= ? ORDER BY offset, seq LIMIT ?`),
    backward: db.prepare(`${from} AND (offset, seq) < (?, ?) AND offset >= ? ORDER BY offset DESC, seq DESC LIMIT ?`),
  };
  return ({ bucket, series }, { direction, after, range, size, holds }) => {
    const bound = direction === 'forward' ? range.high : range.low;
    const lines: Line[] = [];
    let looked = 0;
    let characters = 0;
    let end: Point | undefined;
    const found = rows[direction].iterate(bucket, series, after.offset, after.seq, bound, size);
    for (const line of found as Iterable<unknown> as Iterable<Line>) {
      looked += 1;
      characters += line.log.length;
      end = line;
      if (holds(line.log)) lines.push(line);
      if (characters >= enough) return { lines, end };
    }
    return { lines, end: looked < size ? undefined : end };
  };
}
