import type { DatabaseSync } from 'node:sqlite';
import { createExpire } from './expire.ts';
import { createPack, usual as full } from './pack.ts';
import type { Part } from './parts.ts';
import { momentOf, span } from './place.ts';
import { roomForLog } from './open.ts';
import { inTransaction } from './schema.ts';

export interface UpkeepSettings {
  retention: number | undefined;
  maxBytes: number | undefined;
  /** Milliseconds since 1970. */
  now(): number;
  /** Told when series may have gone. */
  removed(): void;
  /** Told of memory that was taken. */
  took?: (bytes: number) => void;
}

/** Milliseconds between two looks at what there is to do. */
const interval = 1000;
/** Milliseconds after the end of an hour, and after the last write to it, when all that is single in it is put together. */
const settled = { hour: 300_000, write: 30_000 };
/** Bytes of free pages that are kept, whatever there is. */
const spare = 16 * 1024 * 1024;
/** Pages given back to the file system at a time. */
const pages = 1024;

/**
 * The work beside the writing: puts lines together into blocks and removes what is old, piece by piece in small
 * transactions. They need no sync of their own: a lost one leaves what was there before.
 */
export function createUpkeep(db: DatabaseSync, { retention, maxBytes, now, removed, took }: UpkeepSettings) {
  const pack = createPack(db, full, took);
  const expire = createExpire(db);
  const loose = db.prepare('SELECT bucket, series, loose FROM parts WHERE loose > 0');
  const touched = new Map<string, number>();
  const nameOf = ({ bucket, series }: Pick<Part, 'bucket' | 'series'>) => `${bucket} ${series}`;
  // The write-ahead log needs room too.
  const limit = maxBytes === undefined ? Infinity : maxBytes - roomForLog(maxBytes);
  const isFull = () => maxBytes !== undefined && expire.sizes().used > limit;
  let shrunk = false;
  let jobs: (() => boolean)[] = [];
  let looked = -Infinity;
  let trimmed = -Infinity;

  /** Gives free pages back, down to some that will be used again. */
  function shrink(): boolean {
    db.exec(`PRAGMA incremental_vacuum(${pages})`);
    shrunk = true;
    const { used, file } = expire.sizes();
    return file > Math.min(limit, used * 1.25 + spare) && file > used;
  }

  function look(): void {
    looked = performance.now();
    for (const [name, at] of touched) if (at < looked - settled.write) touched.delete(name);
    jobs = [];
    if (retention !== undefined) {
      const cutoff = momentOf(BigInt(Math.floor(now() - retention)) * 1_000_000n);
      jobs.push(() => expire.removeOldest(cutoff.bucket) && (removed(), true));
      if (looked - trimmed > retention / 1000) {
        trimmed = looked;
        jobs.push(() => (expire.trim(cutoff), removed(), false));
      }
    }
    if (maxBytes !== undefined) {
      jobs.push(() => isFull() && expire.shed() && (removed(), true));
    }
    const { used, file } = expire.sizes();
    if (file > limit || file - used > Math.max(used / 2, spare)) jobs.push(shrink);
    const over = Number(BigInt(Math.floor(now() - settled.hour)) / (span / 1_000_000n));
    for (const row of loose.all() as unknown as (Part & { loose: number })[]) {
      const part = { bucket: row.bucket, series: row.series };
      let left = row.loose;
      const least = row.bucket < over && !touched.has(nameOf(row)) ? 1 : 2 * full.lines;
      if (left >= least)
        jobs.push(() => {
          const taken = pack(part);
          left -= taken;
          return taken > 0 && left >= Math.min(least, full.lines);
        });
    }
  }

  return {
    touched(parts: Iterable<Pick<Part, 'bucket' | 'series'>>): void {
      const at = performance.now();
      for (const part of parts) touched.set(nameOf(part), at);
    },
    /** Works for about so many milliseconds; false if there is nothing to do for now. */
    work(budget: number): boolean {
      if (jobs.length === 0) {
        if (performance.now() - looked < interval && !isFull()) return false;
        look();
      }
      if (jobs.length === 0) return false;
      const due = performance.now() + budget;
      db.exec('PRAGMA synchronous = NORMAL');
      try {
        inTransaction(db, () => {
          while (jobs.length > 0 && performance.now() < due) if (!jobs[0]?.()) jobs.shift();
        });
      } catch (error) {
        jobs = [];
        throw error;
      } finally {
        db.exec('PRAGMA synchronous = FULL');
      }
      if (shrunk && jobs.length === 0) {
        // The file itself is cut when the log is put into it.
        shrunk = false;
        db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      }
      return jobs.length > 0;
    },
  };
}
