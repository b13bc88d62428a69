import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Batch } from './batch.ts';
import { unpackTexts } from './texts.ts';
import { createInstants, emptyInstant, type Instant } from './instants.ts';
import type { Part } from './parts.ts';
import { momentOf } from './place.ts';

interface Known {
  id: number;
  /** Undefined while the series has no entry. */
  newest: Instant | undefined;
}

/** So many series are remembered between two transactions. */
const remembered = 20_000;

/** Returns a function that adds batches within a transaction of the caller, who calls `forget` if that fails. */
export function createInsert(db: DatabaseSync) {
  const findSeries = db.prepare('SELECT id FROM series WHERE hash = ?');
  const addSeries = db.prepare('INSERT INTO series (hash, key) VALUES (?, ?)');
  const instants = createInstants(db);
  const addEntry = db.prepare(
    'INSERT INTO entries (bucket, series, offset, seq, metadata, log) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const addPart = db.prepare(
    `INSERT INTO parts (bucket, series, first, last, count, bytes, loose) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last),
     count = count + excluded.count, bytes = bytes + excluded.bytes, loose = loose + excluded.loose`,
  );
  const addState = db.prepare('UPDATE state SET entries = entries + ?, bytes = bytes + ?');
  const known = new Map<string, Known>();
  let batches = 0;

  function lookUp(key: string): Known {
    const found = known.get(key);
    if (found) return found;
    const hash = createHash('sha256').update(key).digest().subarray(0, 16);
    const row = findSeries.get(hash);
    const fresh: Known = row
      ? { id: Number(row['id']), newest: instants.newest(Number(row['id'])) }
      : { id: Number(addSeries.run(hash, key).lastInsertRowid), newest: undefined };
    if (known.size >= remembered) known.clear();
    known.set(key, fresh);
    return fresh;
  }

  function add(batch: Batch, parts: Map<string, Part>, older: Map<string, Instant>): void {
    batches += 1;
    const sources = batch.keys.map(lookUp);
    const returns = goesBack(batch);
    let edges: [bigint, bigint][] | undefined;
    const areNew: (boolean | undefined)[] = [];
    const textOf = unpackTexts(batch.texts);
    const { ends } = batch.texts;
    for (const [index, number] of batch.of.entries()) {
      const source = sources[number] as Known;
      const { id } = source;
      const log = textOf(index);
      const { bucket, offset } = momentOf(batch.times[index] ?? 0n);
      let instant = source.newest;
      const order = instant ? bucket - instant.bucket || offset - instant.offset : 1;
      if (order > 0 || !instant) {
        // What the batch has named of an instant counts until its end.
        if (instant && returns) older.set(`${id} ${instant.bucket} ${instant.offset}`, instant);
        source.newest = instant = emptyInstant({ bucket, offset });
      } else if (order < 0) {
        const key = `${id} ${bucket} ${offset}`;
        const isNew = (areNew[number] ??= instants.areNew(id, ...((edges ??= edgesOf(batch))[number] ?? [0n, 0n])));
        instant = older.get(key) ?? (isNew ? emptyInstant : instants.at)({ bucket, offset }, id);
        older.set(key, instant);
      }
      let text = instant.texts.get(log);
      if (!text) instant.texts.set(log, (text = { there: 0, batch: 0, named: 0 }));
      if (text.batch !== batches) {
        text.batch = batches;
        text.named = 0;
      }
      text.named += 1;
      if (text.named <= text.there) continue;
      text.there += 1;
      addEntry.run(bucket, id, offset, instant.next, batch.metadata.get(index) ?? null, log);
      instant.next += 1;
      const bytes = (ends[index] ?? 0) - (ends[index - 1] ?? 0);
      note(parts, { bucket, series: id, first: offset, last: offset, count: 1, bytes });
    }
  }

  return {
    /** Returns the parts that have got something. */
    add(all: readonly Batch[]): Iterable<Part> {
      const parts = new Map<string, Part>();
      const older = new Map<string, Instant>();
      for (const batch of all) add(batch, parts, older);
      let [entries, size] = [0, 0];
      for (const { bucket, series, first, last, count, bytes } of parts.values()) {
        addPart.run(bucket, series, first, last, count, bytes, count);
        entries += count;
        size += bytes;
      }
      addState.run(entries, size);
      return parts.values();
    },
    forget: () => known.clear(),
  };
}

/** Whether a time of the batch is before one that stands before it. */
function goesBack({ times }: Batch): boolean {
  for (let at = 1; at < times.length; at++) if ((times[at] ?? 0n) < (times[at - 1] ?? 0n)) return true;
  return false;
}

function note(parts: Map<string, Part>, one: Part): void {
  const key = `${one.series} ${one.bucket}`;
  const part = parts.get(key);
  if (!part) {
    parts.set(key, one);
    return;
  }
  part.first = Math.min(part.first, one.first);
  part.last = Math.max(part.last, one.last);
  part.count += one.count;
  part.bytes += one.bytes;
}

/** Of each source of a batch, the earliest and the latest time. */
function edgesOf({ of, times }: Batch): [bigint, bigint][] {
  const edges: [bigint, bigint][] = [];
  for (const [index, number] of of.entries()) {
    const time = times[index] ?? 0n;
    const edge = (edges[number] ??= [time, time]);
    if (time < edge[0]) edge[0] = time;
    else if (time > edge[1]) edge[1] = time;
  }
  return edges;
}
