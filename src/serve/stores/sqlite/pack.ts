import type { DatabaseSync } from 'node:sqlite';
import { encode } from './block.ts';
import { comparePoints, createLines, type Line, type Point } from './lines.ts';
import type { Part } from './parts.ts';
import { span } from './place.ts';

/** Lines and bytes of text of one block, about. */
export const usual = { lines: 1024, bytes: 256 * 1024 };
/** So many single lines are taken at once. */
const most = 4096;

const range = { low: 0, high: Number(span) - 1 };

/**
 * Returns a function that puts single lines of a part into a block, from the oldest on, within a transaction of the
 * caller; lines that came late go into the block that they lie in. It returns how many there were, 0 for none.
 */
export function createPack(db: DatabaseSync, full = usual, took: (bytes: number) => void = () => undefined) {
  const here = 'WHERE bucket = ? AND series = ?';
  const oldest = db.prepare(`SELECT offset, seq FROM entries ${here} ORDER BY offset, seq LIMIT 1`);
  const nth = db.prepare(
    `SELECT offset, seq, sum(octet_length(log)) OVER (ORDER BY offset, seq) AS bytes FROM entries ${here}
     AND (offset, seq) < (?, ?) ORDER BY offset, seq LIMIT +?`,
  );
  const before = db.prepare(
    `SELECT first, seq, last, last_seq, count, bytes FROM blocks ${here} AND (first, seq) <= (?, ?)
     ORDER BY first DESC, seq DESC LIMIT 1`,
  );
  const behind = db.prepare(
    `SELECT first, seq FROM blocks ${here} AND (first, seq) > (?, ?) ORDER BY first, seq LIMIT 1`,
  );
  const removeEntries = db.prepare(`DELETE FROM entries ${here} AND (offset, seq) <= (?, ?)`);
  const removeBlock = db.prepare(`DELETE FROM blocks ${here} AND first = ? AND seq = ?`);
  const add = db.prepare(
    `INSERT INTO blocks (bucket, series, first, seq, last, last_seq, count, bytes, places, texts, metadata)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const loosen = db.prepare(`UPDATE parts SET loose = loose - ? ${here}`);
  const lines = createLines(db, took);

  /** All lines of the part from one point to another, both among them. */
  function read(part: Pick<Part, 'bucket' | 'series'>, from: Point, to: Point): Line[] {
    const all: Line[] = [];
    let after: Point | undefined = { offset: from.offset, seq: from.seq - 1 };
    while (after) {
      const asked = { direction: 'forward', after, range, size: most, filter: undefined } as const;
      const chunk = lines.read(part, asked);
      for (const line of chunk.lines) {
        if (comparePoints(line, to) > 0) return all;
        all.push(line);
      }
      after = chunk.end;
    }
    return all;
  }

  return function pack({ bucket, series }: Pick<Part, 'bucket' | 'series'>): number {
    const first = oldest.get(bucket, series) as Point | undefined;
    if (!first) return 0;
    const found = before.get(bucket, series, first.offset, first.seq);
    const block = found && {
      first: { offset: Number(found['first']), seq: Number(found['seq']) },
      last: { offset: Number(found['last']), seq: Number(found['last_seq']) },
      isFull: Number(found['count']) >= full.lines / 2 || Number(found['bytes']) >= full.bytes / 2,
    };
    const inside = block !== undefined && comparePoints(first, block.last) < 0;
    const next = behind.get(bucket, series, first.offset, first.seq);
    // Single lines up to here do not reach over another block.
    const end: Point = next
      ? { offset: Number(next['first']), seq: Number(next['seq']) }
      : { offset: range.high, seq: Number.MAX_SAFE_INTEGER };
    let last = first;
    let bytes = 0;
    let taken = 0;
    for (const row of nth.iterate(bucket, series, end.offset, end.seq, inside ? most : full.lines)) {
      const point = { offset: Number(row['offset']), seq: Number(row['seq']) };
      if (inside && comparePoints(point, block.last) > 0) break;
      if (!inside && taken > 0 && bytes >= full.bytes) break;
      last = point;
      bytes = Number(row['bytes']);
      taken += 1;
    }
    const join = block !== undefined && (inside || !block.isFull);
    const all = read({ bucket, series }, join ? block.first : first, inside ? block.last : last);
    if (join) removeBlock.run(bucket, series, block.first.offset, block.first.seq);
    removeEntries.run(bucket, series, last.offset, last.seq);
    for (const piece of pieces(all, full)) {
      const { first, seq, last, lastSeq, count, bytes, places, texts, metadata } = encode(piece);
      add.run(bucket, series, first, seq, last, lastSeq, count, bytes, places, texts, metadata);
      took(bytes);
    }
    loosen.run(taken, bucket, series);
    return taken;
  };
}

function* pieces(lines: readonly Line[], full: typeof usual): Generator<Line[]> {
  let piece: Line[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (piece.length > 0 && (piece.length >= full.lines * 1.5 || bytes + line.bytes > full.bytes * 1.5)) {
      yield piece;
      piece = [];
      bytes = 0;
    }
    piece.push(line);
    bytes += line.bytes;
  }
  if (piece.length > 0) yield piece;
}
