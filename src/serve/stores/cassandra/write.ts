import { hash } from 'node:crypto';
import type { Entry } from '../../store.ts';
import { keyOf } from '../../identity.ts';
import type { Session } from './client.ts';
import { persist } from './faults.ts';
import { greatest, least, partitionOf } from './place.ts';
import type { Register } from './register.ts';
import type { Spread } from './spread.ts';
import type { Turnstile } from './turnstile.ts';

/** What the rows of one request to Cassandra may be; all are of one partition. */
const most = { rows: 100, bytes: 256 * 1024 };

const statement =
  'UPDATE lines USING TTL ? SET log = ?, size = ?, metadata = ?, written = written + ? ' +
  'WHERE series = ? AND seconds = ? AND start = ? AND time = ? AND hash = ? AND number = ?';

/** The first 16 bytes of SHA-256, hexadecimal. */
const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 32);

export interface Writing {
  spread: Spread;
  /** Requests at once. */
  requests: Turnstile;
  /** Entries at once that are made into requests. */
  entries: Turnstile;
  room: number;
  /** Now, as nanoseconds since 1970, and greater than any before. */
  tick(): bigint;
  /** Seconds that an entry is kept from its time on; 0 for ever. */
  retention: number;
}

interface Row {
  series: string;
  time: bigint;
  log: string;
  size: number;
  metadata: Entry['metadata'];
  hash: string;
  number: number;
}

/** Resolves when all are written with the consistency asked for; after an error some of them may be. */
export async function write(
  entries: readonly Entry[],
  session: Session,
  register: Register,
  writing: Writing,
): Promise<void> {
  const { spread, requests, entries: gate, room } = writing;
  for (const { time } of entries)
    if (time < least || time > greatest) throw new RangeError(`the time ${time} is out of range`);
  const numbers = new Map<string, number>();
  const ids = new Map<string, string>();
  const chunks: Promise<void>[] = [];
  let failed = false;
  for (let at = 0; at < entries.length; at += room) {
    const chunk = entries.slice(at, at + room);
    const work = gate.pass(async () => {
      if (failed) return;
      const sent: Promise<void>[] = [];
      const partitions = new Map<string, Row[]>();
      for (const entry of chunk) {
        const source = keyOf(entry);
        let series = ids.get(source);
        if (series === undefined) ids.set(source, (series = digest(source)));
        const log = entry.log.isWellFormed() ? entry.log : entry.log.toWellFormed();
        const size = Buffer.byteLength(log);
        const row = { series, time: entry.time, log, size, metadata: entry.metadata, hash: digest(log), number: 0 };
        const key = `${series}${row.hash}${row.time}`;
        row.number = numbers.get(key) ?? 0;
        numbers.set(key, row.number + 1);
        const seconds = spread.of(series, row.time, size);
        const name = `${seconds}.${partitionOf(row.time, seconds)}.${series}`;
        const rows = partitions.get(name);
        if (rows) rows.push(row);
        else partitions.set(name, [row]);
        const noted = register.note({ namespace: entry.namespace, series, source, time: row.time, seconds });
        if (noted) sent.push(noted);
      }
      for (const [name, rows] of partitions) {
        const [seconds = '', start = ''] = name.split('.');
        for (const group of groupsOf(rows))
          sent.push(requests.pass(() => send(group, Number(seconds), Number(start), session, writing)));
      }
      const ends = await Promise.allSettled(sent);
      const wrong = ends.find((end) => end.status === 'rejected');
      if (!wrong) return;
      failed = true;
      throw wrong.reason;
    }, chunk.length);
    chunks.push(work);
  }
  const ends = await Promise.allSettled(chunks);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function* groupsOf(rows: readonly Row[]): Generator<Row[]> {
  let group: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (group.length > 0 && (group.length === most.rows || bytes + row.size > most.bytes)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(row);
    bytes += row.size;
  }
  yield group;
}

async function send(
  rows: readonly Row[],
  seconds: number,
  start: number,
  { client, write: consistency, unset, patience }: Session,
  { tick, retention }: Writing,
): Promise<void> {
  const queries = rows.map(({ series, time, log, size, metadata, hash, number }) => {
    const said = Object.keys(metadata).length === 0 ? unset : new Map(Object.entries(metadata));
    const now = tick();
    // What is over already is gone in a moment.
    const left = Math.max(1, Math.min(retention, retention - Number((now - time) / 1_000_000_000n)));
    const key = [Buffer.from(series, 'hex'), seconds, BigInt(start), time, Buffer.from(hash, 'hex'), number];
    return { query: statement, params: [retention === 0 ? unset : left, log, size, said, [now], ...key] };
  });
  await persist(
    () => client.batch(queries, { prepare: true, logged: false, isIdempotent: true, consistency }),
    patience,
  );
}
