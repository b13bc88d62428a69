import type { DatabaseSync } from 'node:sqlite';

/** In the head of the file: says whose it is. */
const application = 0x6b6c7701;
const version = 1;

/**
 * What comes in is a row of `entries`; later, many of them are put together into one of `blocks`, compressed. Both lie by
 * hour and series, so what is read together lies together, and what expires goes page by page. `parts` tells what is
 * where: the entries of one series in one hour, and how many of them are not in blocks; `state` tells how much there is.
 */
const tables = `
  CREATE TABLE series (
    id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, key TEXT NOT NULL
  ) STRICT;
  CREATE TABLE entries (
    bucket INTEGER NOT NULL, series INTEGER NOT NULL, offset INTEGER NOT NULL, seq INTEGER NOT NULL,
    metadata TEXT, log TEXT NOT NULL, PRIMARY KEY (bucket, series, offset, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE blocks (
    bucket INTEGER NOT NULL, series INTEGER NOT NULL, first INTEGER NOT NULL, seq INTEGER NOT NULL,
    last INTEGER NOT NULL, last_seq INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
    places BLOB NOT NULL, texts BLOB NOT NULL, metadata BLOB, PRIMARY KEY (bucket, series, first, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE parts (
    bucket INTEGER NOT NULL, series INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    count INTEGER NOT NULL, bytes INTEGER NOT NULL, loose INTEGER NOT NULL, PRIMARY KEY (bucket, series)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX parts_by_series ON parts (series, bucket);
  CREATE INDEX parts_to_pack ON parts (bucket, series) WHERE loose > 0;
  CREATE TABLE state (entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (0, 0);
`;

/** Makes the tables in a new database. Throws if it is not ours, or of a version that isn't known yet. */
export function prepareSchema(db: DatabaseSync): void {
  inTransaction(db, () => {
    const found = numberOf(db, 'PRAGMA user_version');
    const owner = numberOf(db, 'PRAGMA application_id');
    if (owner === 0 && numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0) {
      db.exec(`${tables} PRAGMA application_id = ${application}; PRAGMA user_version = ${version}`);
      return;
    }
    if (owner !== application) throw new Error('it is a database of something else');
    if (found > version) throw new Error(`it was made by a newer version of this program (its version is ${found})`);
  });
}

export function numberOf(db: DatabaseSync, sql: string): number {
  const row = db.prepare(sql).get() ?? {};
  return Number(Object.values(row)[0]);
}

export function inTransaction<T>(db: DatabaseSync, work: () => T, kind: 'IMMEDIATE' | 'DEFERRED' = 'IMMEDIATE'): T {
  db.exec(`BEGIN ${kind}`);
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
