import type { DatabaseSync } from 'node:sqlite';
import { valueTest } from '../../query/condition.ts';
import { valueOf } from '../../query/row.ts';
import type { Matcher } from '../../store.ts';
import { sourceOf, type Source } from '../../identity.ts';

/** The entries of one series in one hour. `first` and `last` are offsets. */
export interface Part {
  bucket: number;
  series: number;
  first: number;
  last: number;
  count: number;
  bytes: number;
}

/** Finds the parts of the series that are meant. */
export interface Parts {
  /** The nearest bucket with a part, from this one on. */
  next(bucket: number, direction: 'forward' | 'backward', end: number): number | undefined;
  of(bucket: number): Part[];
}

/** With so few series each is looked up by itself; with more, all parts of a bucket are looked at. */
const few = 64;
/** So many sets of conditions are remembered with the series for which they hold. */
const remembered = 32;

const columns = 'bucket, series, first, last, count, bytes';

export function createParts(db: DatabaseSync) {
  const seriesBehind = db.prepare(
    `SELECT id, key FROM series WHERE id > ? AND instr(key, ?) > 0 AND instr(key, ?) > 0 AND instr(key, ?) > 0 ORDER BY id`,
  );
  const newest = db.prepare('SELECT coalesce(max(id), 0) AS id FROM series');
  const one = db.prepare(`SELECT ${columns} FROM parts WHERE bucket = ? AND series = ?`);
  const all = db.prepare(`SELECT ${columns} FROM parts WHERE bucket = ?`);
  const nexts = {
    forward: db.prepare('SELECT min(bucket) AS bucket FROM parts WHERE bucket >= ? AND bucket <= ?'),
    backward: db.prepare('SELECT max(bucket) AS bucket FROM parts WHERE bucket <= ? AND bucket >= ?'),
  };
  const nextsOf = {
    forward: db.prepare('SELECT min(bucket) AS bucket FROM parts WHERE series = ? AND bucket >= ? AND bucket <= ?'),
    backward: db.prepare('SELECT max(bucket) AS bucket FROM parts WHERE series = ? AND bucket <= ? AND bucket >= ?'),
  };

  /** The parts of all series for which all matchers hold; series that come later are noticed with the next bucket. */
  const known = new Map<string, Parts>();
  return (matchers: readonly Matcher[]): Parts => {
    const name = JSON.stringify(matchers);
    const parts = known.get(name) ?? select(matchers);
    known.delete(name);
    known.set(name, parts);
    const [oldest = ''] = known.keys();
    if (known.size > remembered) known.delete(oldest);
    return parts;
  };

  function select(matchers: readonly Matcher[]): Parts {
    const ids = new Set<number>();
    const holds = sourceTest(matchers);
    const words = wordsOf(matchers);
    let seen = 0;
    const refresh = () => {
      const { id: last } = newest.get() as { id: number };
      if (last === seen) return;
      for (const row of seriesBehind.all(seen, ...words))
        if (holds(sourceOf(String(row['key'])))) ids.add(Number(row['id']));
      seen = last;
    };
    return {
      next(bucket, direction, end) {
        refresh();
        if (ids.size > few) return bucketOf(nexts[direction].get(bucket, end));
        const found = [...ids].map((id) => bucketOf(nextsOf[direction].get(id, bucket, end)));
        const there = found.filter((bucket) => bucket !== undefined);
        if (there.length === 0) return undefined;
        return direction === 'forward' ? Math.min(...there) : Math.max(...there);
      },
      of(bucket) {
        const rows =
          ids.size > few
            ? all.all(bucket)
            : [...ids].map((id) => one.get(bucket, id)).filter((row) => row !== undefined);
        return (rows as unknown as Part[]).filter(({ series }) => ids.has(series));
      },
    };
  }
}

/** Three texts that a key has to contain, so that few have to be looked at. */
function wordsOf(matchers: readonly Matcher[]): [string, string, string] {
  const [a = '"', b = '"', c = '"'] = matchers
    .filter(({ op, value }) => op === '=' && value !== '')
    .map(({ value }) => JSON.stringify(value));
  return [a, b, c];
}

const bucketOf = (row: Record<string, unknown> | undefined): number | undefined =>
  typeof row?.['bucket'] === 'number' ? row['bucket'] : undefined;

function sourceTest(matchers: readonly Matcher[]): (source: Source) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, holds: valueTest(matcher) }));
  return (source) => {
    const entry = { ...source, time: 0n, log: '', metadata: {} };
    return tests.every(({ name, holds }) => holds(valueOf(entry, name)));
  };
}
