import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { StoreBusy, type Series, type Store } from '../store.ts';
import { pack, type Batch } from './sqlite/batch.ts';
import { count } from './sqlite/count.ts';
import { seriesOf, sourceOf, type Source } from './sqlite/identity.ts';
import { createInsert } from './sqlite/insert.ts';
import { createLines } from './sqlite/lines.ts';
import { createParts } from './sqlite/parts.ts';
import { formatCursor, momentOf, timeOf } from './sqlite/place.ts';
import { inTransaction, numberOf, prepareSchema } from './sqlite/schema.ts';
import { search } from './sqlite/search.ts';

export interface SqliteSettings {
  directory: string;
  /** The most entries that wait to be written. */
  queue: number;
}

/** Milliseconds for which a read works before others get their turn. */
const stint = 20;

/**
 * One SQLite database in the directory. What is asked to be written at about the same time is one transaction; it is
 * synced to the disk before it is acknowledged.
 */
export function openSqlite({ directory, queue }: SqliteSettings): Store {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'logs.sqlite');
  const db = open(file);
  const insert = createInsert(db);
  const select = createParts(db);
  const lines = createLines(db);
  const keyOf = db.prepare('SELECT key FROM series WHERE id = ?');
  const waiting: { batch: Batch; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let waits = 0;
  let flushing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      await turn();
      const batches = waiting.splice(0);
      waits = 0;
      try {
        inTransaction(db, () => insert.add(batches.map(({ batch }) => batch)));
        for (const { resolve } of batches) resolve();
      } catch (error) {
        insert.forget();
        for (const { reject } of batches) reject(error);
      }
    }
    flushing = undefined;
  }

  const createClock = () => {
    let end = 0;
    return { over: () => performance.now() > end, start: () => (end = performance.now() + stint) };
  };
  const sourceOfId = (id: number): Source => sourceOf(String(keyOf.get(id)?.['key']));

  return {
    async write(entries) {
      if (!db.isOpen) throw new Error('the store is closed');
      if (entries.length === 0) return;
      if (waits > 0 && waits + entries.length > queue) throw new StoreBusy(`${waits} entries wait to be written`);
      const batch = pack(entries);
      waits += entries.length;
      await new Promise<void>((resolve, reject) => {
        waiting.push({ batch, resolve, reject });
        flushing ??= flush();
      });
    },
    async *search(asked, signal) {
      const clock = createClock();
      const pages = search(asked, select(asked.series), lines, clock.over);
      for (;;) {
        signal.throwIfAborted();
        clock.start();
        const { done, value } = inTransaction(db, () => pages.next(), 'DEFERRED');
        if (done) return;
        const found = value.map((row) => {
          const metadata = row.metadata === null ? {} : (JSON.parse(row.metadata) as Record<string, string>);
          return { ...sourceOfId(row.series), time: timeOf(row), log: row.log, metadata, cursor: formatCursor(row) };
        });
        yield* found;
        await turn();
      }
    },
    async count(selection, by, step, signal) {
      const clock = createClock();
      const work = count(db, { selection, by, step }, select(selection.series), lines, clock.over);
      for (;;) {
        signal.throwIfAborted();
        clock.start();
        const { done, value } = inTransaction(db, () => work.next(), 'DEFERRED');
        await turn();
        if (!done) continue;
        signal.throwIfAborted();
        return value;
      }
    },
    async series({ from, to, series }, signal) {
      signal.throwIfAborted();
      await turn();
      const found = new Map<string, Series>();
      const parts = select(series);
      const end = momentOf(to).bucket;
      let bucket: number | undefined = momentOf(from).bucket;
      while ((bucket = parts.next(bucket, 'forward', end)) !== undefined) {
        for (const part of parts.of(bucket)) {
          if (timeOf({ bucket, offset: part.last }) < from || timeOf({ bucket, offset: part.first }) > to) continue;
          const one = seriesOf(sourceOfId(part.series));
          found.set(JSON.stringify(one), one);
        }
        bucket += 1;
      }
      return [...found.values()];
    },
    async extent(signal) {
      signal.throwIfAborted();
      await turn();
      const edge = (bucketOf: string, column: string) => {
        const bucket = numberOf(db, `SELECT ${bucketOf}(bucket) FROM parts`);
        const offset = numberOf(db, `SELECT ${column} FROM parts WHERE bucket = ${bucket}`);
        return timeOf({ bucket, offset });
      };
      const entries = numberOf(db, 'SELECT coalesce(sum(count), 0) FROM parts');
      return {
        entries,
        bytes: numberOf(db, 'PRAGMA page_count') * numberOf(db, 'PRAGMA page_size'),
        oldest: entries === 0 ? undefined : edge('min', 'min(first)'),
        newest: entries === 0 ? undefined : edge('max', 'max(last)'),
      };
    },
    async check() {
      await Promise.resolve();
      numberOf(db, 'PRAGMA schema_version');
    },
    async close() {
      await flushing;
      if (db.isOpen) db.close();
    },
  };
}

/** One process has the database alone: a second one is told so at its start. */
function open(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: 1000 });
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    prepareSchema(db);
    return db;
  } catch (error) {
    db?.close();
    const said = error instanceof Error ? error.message : String(error);
    const hint = /locked|busy/.test(said) ? ': another process has it open' : '';
    throw new Error(`${file} can't be opened${hint} (${said})`, { cause: error });
  }
}
