import type { DatabaseSync } from 'node:sqlite';
import { usual as full } from './pack.ts';
import type { Part } from './parts.ts';
import type { Moment } from './place.ts';
import { numberOf } from './schema.ts';

type Size = Pick<Part, 'count' | 'bytes'>;

/** Returns functions that remove what is old, each within a transaction of the caller. */
export function createExpire(db: DatabaseSync) {
  const here = 'WHERE bucket = ? AND series = ?';
  const oldest = db.prepare('SELECT bucket, series, count, bytes FROM parts ORDER BY bucket, series LIMIT 1');
  const removeAll = ['entries', 'blocks', 'parts'].map((table) => db.prepare(`DELETE FROM ${table} ${here}`));
  const other = db.prepare('SELECT 1 FROM parts WHERE series = ? LIMIT 1');
  const removeSeries = db.prepare('DELETE FROM series WHERE id = ?');
  const reduce = db.prepare('UPDATE state SET entries = entries - ?, bytes = bytes - ?');
  const earliest = db.prepare(
    `SELECT bucket, series, count, bytes FROM parts WHERE bucket = (SELECT min(bucket) FROM parts)
     ORDER BY first, series LIMIT 1`,
  );
  const oldestBlock = db.prepare(`SELECT last FROM blocks ${here} ORDER BY first, seq LIMIT 1`);
  const nth = db.prepare(`SELECT offset AS last FROM entries ${here} ORDER BY offset, seq LIMIT 1 OFFSET ?`);
  const begun = db.prepare('SELECT bucket, series, count, bytes FROM parts WHERE bucket = ? AND first < ?');
  const single = db.prepare(
    `SELECT count(*) AS count, coalesce(sum(octet_length(log)), 0) AS bytes FROM entries ${here} AND offset < ?`,
  );
  const blocks = db.prepare(
    `SELECT coalesce(sum(count), 0) AS count, coalesce(sum(bytes), 0) AS bytes FROM blocks ${here} AND last < ?`,
  );
  const removeSingle = db.prepare(`DELETE FROM entries ${here} AND offset < ?`);
  const removeBlocks = db.prepare(`DELETE FROM blocks ${here} AND last < ?`);
  const rest = db.prepare(
    `UPDATE parts SET count = count - ?, bytes = bytes - ?, loose = loose - ?, first = min(
       (SELECT coalesce(min(offset), parts.last) FROM entries WHERE bucket = parts.bucket AND series = parts.series),
       (SELECT coalesce(min(first), parts.last) FROM blocks WHERE bucket = parts.bucket AND series = parts.series)) ${here}`,
  );

  function remove({ bucket, series, count, bytes }: Pick<Part, 'bucket' | 'series' | 'count' | 'bytes'>): void {
    for (const statement of removeAll) statement.run(bucket, series);
    reduce.run(count, bytes);
    if (!other.get(series)) removeSeries.run(series);
  }

  function trim(part: Part, offset: number): void {
    const { bucket, series } = part;
    const [a, b] = [single.get(bucket, series, offset), blocks.get(bucket, series, offset)] as unknown as Size[];
    if (!a || !b || a.count + b.count === 0) return;
    if (a.count + b.count === part.count) {
      remove(part);
      return;
    }
    removeSingle.run(bucket, series, offset);
    removeBlocks.run(bucket, series, offset);
    rest.run(a.count + b.count, a.bytes + b.bytes, a.count, bucket, series);
    reduce.run(a.count + b.count, a.bytes + b.bytes);
  }

  return {
    /** Removes the oldest part if it lies in a bucket before this one; false if none does. */
    removeOldest(before: number): boolean {
      const part = oldest.get() as unknown as Part | undefined;
      if (!part || part.bucket >= before) return false;
      remove(part);
      return true;
    },
    /** Removes what is before the moment from the bucket of the moment; a block goes when all of it is. */
    trim({ bucket, offset }: Moment): void {
      for (const part of begun.all(bucket, offset) as unknown as Part[]) trim(part, offset);
    },
    /** Removes some of the oldest entries: a block, or as many as would be one. False if there is none. */
    shed(): boolean {
      const part = earliest.get() as unknown as Part | undefined;
      if (!part) return false;
      const { bucket, series } = part;
      const edge = oldestBlock.get(bucket, series) ?? nth.get(bucket, series, full.lines);
      if (edge) trim(part, Number(edge['last']) + 1);
      else remove(part);
      return true;
    },
    /** Bytes of the pages in use, and of the file. */
    sizes(): { used: number; file: number } {
      const page = numberOf(db, 'PRAGMA page_size');
      const file = numberOf(db, 'PRAGMA page_count') * page;
      return { used: file - numberOf(db, 'PRAGMA freelist_count') * page, file };
    },
  };
}
