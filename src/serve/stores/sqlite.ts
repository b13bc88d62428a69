import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { StoreBusy, type Entry, type Query, type Row, type Store } from '../store.ts';

export interface SqliteSettings {
  directory: string;
  /** The most entries that wait to be written. */
  queue: number;
}

const page = 1000;

const schema = `
  CREATE TABLE IF NOT EXISTS sources (
    id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, pod TEXT NOT NULL, container TEXT NOT NULL,
    UNIQUE (namespace, pod, container)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS details (
    id INTEGER PRIMARY KEY, stream TEXT NOT NULL, pod_id TEXT NOT NULL, docker_id TEXT NOT NULL, host TEXT NOT NULL,
    labels TEXT NOT NULL, UNIQUE (stream, pod_id, docker_id, host, labels)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, time INTEGER NOT NULL, hash BLOB NOT NULL, nth INTEGER NOT NULL,
    detail INTEGER NOT NULL, log TEXT NOT NULL, UNIQUE (source, time, hash, nth)
  ) STRICT;
`;

/**
 * One SQLite database in the directory. What is asked to be written at about the same time is one transaction; it is
 * synced to the disk before it is acknowledged.
 */
export function openSqlite({ directory, queue }: SqliteSettings): Store {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'logs.sqlite');
  const db = open(file);
  const statements = prepare(db);
  const waiting: { entries: readonly Entry[]; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let waits = 0;
  let flushing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      await turn();
      const batches = waiting.splice(0);
      waits = 0;
      try {
        inTransaction(db, () => batches.forEach(({ entries }) => insert(statements, entries)));
        for (const { resolve } of batches) resolve();
      } catch (error) {
        for (const { reject } of batches) reject(error);
      }
    }
    flushing = undefined;
  }

  return {
    write(entries) {
      if (entries.length === 0) return Promise.resolve();
      if (waits > 0 && waits + entries.length > queue)
        return Promise.reject(new StoreBusy(`${waits} entries wait to be written`));
      waits += entries.length;
      return new Promise((resolve, reject) => {
        waiting.push({ entries, resolve, reject });
        flushing ??= flush();
      });
    },
    read: (query) => read(db, query),
    check() {
      return new Promise((resolve) => {
        statements.ping.get();
        resolve();
      });
    },
    async close() {
      await flushing;
      db.close();
    },
  };
}

/** One process has the database alone: a second one is told so at its start. */
function open(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: 1000 });
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    inTransaction(db, () => db?.exec(schema));
    return db;
  } catch (error) {
    db?.close();
    const said = error instanceof Error ? error.message : String(error);
    const hint = /locked|busy/.test(said) ? ': another process has it open' : '';
    throw new Error(`${file} can't be opened${hint} (${said})`, { cause: error });
  }
}

const prepare = (db: DatabaseSync) => ({
  ping: db.prepare('SELECT 1 FROM sources LIMIT 1'),
  addSource: db.prepare('INSERT OR IGNORE INTO sources (namespace, pod, container) VALUES (?, ?, ?)'),
  source: db.prepare('SELECT id FROM sources WHERE namespace = ? AND pod = ? AND container = ?'),
  addDetail: db.prepare(
    'INSERT OR IGNORE INTO details (stream, pod_id, docker_id, host, labels) VALUES (?, ?, ?, ?, ?)',
  ),
  detail: db.prepare(
    'SELECT id FROM details WHERE stream = ? AND pod_id = ? AND docker_id = ? AND host = ? AND labels = ?',
  ),
  add: db.prepare('INSERT OR IGNORE INTO entries (source, time, hash, nth, detail, log) VALUES (?, ?, ?, ?, ?, ?)'),
});

function insert(statements: ReturnType<typeof prepare>, entries: readonly Entry[]): void {
  const ids = new Map<string, number>();
  const seen = new Map<string, number>();
  const idOf = (kind: 'source' | 'detail', words: readonly string[]): number => {
    const key = JSON.stringify([kind, ...words]);
    const known = ids.get(key);
    if (known !== undefined) return known;
    (kind === 'source' ? statements.addSource : statements.addDetail).run(...words);
    const id = Number(statements[kind].get(...words)?.['id']);
    ids.set(key, id);
    return id;
  };
  for (const { namespace, pod, container, time, log, stream, podId, dockerId, host, labels } of entries) {
    const source = idOf('source', [namespace, pod, container]);
    const ordered = Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const detail = idOf('detail', [stream, podId, dockerId, host, JSON.stringify(ordered)]);
    const hash = createHash('sha256').update(`${stream}\0${log}`).digest().subarray(0, 16);
    const key = `${source} ${time} ${hash.toString('latin1')}`;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    statements.add.run(source, time, hash, nth, detail, log);
  }
}

async function* read(db: DatabaseSync, { namespace, pod, container, from, to }: Query): AsyncGenerator<Row> {
  const source = db
    .prepare('SELECT id FROM sources WHERE namespace = ? AND pod = ? AND container = ?')
    .get(namespace, pod, container)?.['id'];
  if (source === undefined) return;
  const select = db.prepare(
    `SELECT id, time, log FROM entries WHERE source = ? AND time <= ? AND (time, id) > (?, ?) AND time >= ?
     ORDER BY time, id LIMIT ${page}`,
  );
  select.setReadBigInts(true);
  let after = { time: from, id: -1n };
  for (;;) {
    const rows = select.all(source, to, after.time, after.id, after.time) as unknown as (Row & { id: bigint })[];
    for (const { time, log } of rows) yield { time, log };
    const last = rows.at(-1);
    if (rows.length < page || !last) return;
    after = last;
    await turn();
  }
}

function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
