import type { DatabaseSync } from 'node:sqlite';
import { createLines, type Point } from './lines.ts';
import { momentOf, type Moment } from './place.ts';

/** What is there of one series at one instant: by text how many, and how many of them the batch in hand has named. */
export interface Instant extends Moment {
  next: number;
  texts: Map<string, { there: number; batch: number; named: number }>;
}

export const emptyInstant = ({ bucket, offset }: Moment): Instant => ({ bucket, offset, next: 0, texts: new Map() });

/** Finds out what is there of a series. */
export function createInstants(db: DatabaseSync) {
  const findNewest = db.prepare('SELECT bucket, last FROM parts WHERE series = ? ORDER BY bucket DESC LIMIT 1');
  const lines = createLines(db);

  function at(moment: Moment, series: number): Instant {
    const instant = emptyInstant(moment);
    const { bucket, offset } = moment;
    const range = { low: offset, high: offset };
    let after: Point | undefined = { offset, seq: -1 };
    while (after) {
      const asked = { direction: 'forward', after, range, size: 4096, filter: undefined } as const;
      const chunk = lines.read({ bucket, series }, asked);
      for (const { seq, log } of chunk.lines) {
        instant.next = seq + 1;
        instant.texts.set(log, { there: (instant.texts.get(log)?.there ?? 0) + 1, batch: 0, named: 0 });
      }
      after = chunk.end;
    }
    return instant;
  }

  return {
    /** The newest instant of a series; undefined if it has no entry. */
    newest(series: number): Instant | undefined {
      const row = findNewest.get(series);
      return row && at({ bucket: Number(row['bucket']), offset: Number(row['last']) }, series);
    },
    at,
    /** Whether it is certain that nothing of the series lies at these times, or between them. */
    areNew(series: number, first: bigint, last: bigint): boolean {
      const [{ bucket, offset: low }, to] = [momentOf(first), momentOf(last)];
      if (bucket !== to.bucket) return false;
      const after = { offset: low, seq: -1 };
      const asked = {
        direction: 'forward',
        after,
        range: { low, high: to.offset },
        size: 1,
        filter: undefined,
      } as const;
      const { lines: found, end } = lines.read({ bucket, series }, asked);
      return found.length === 0 && end === undefined;
    },
  };
}
