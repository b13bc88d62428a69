import type { types } from 'cassandra-driver';
import { orAbort } from '../../abort.ts';
import type { Session } from './client.ts';
import { compare, partitionsOf, type Place } from './place.ts';
import type { Shelf } from './register.ts';
import type { Turnstile } from './turnstile.ts';

export interface Line extends Place {
  log: string;
  size: number;
  metadata: ReadonlyMap<string, string> | null;
}

export interface Reading {
  begin: bigint;
  from: bigint;
  to: bigint;
  direction: 'forward' | 'backward';
  /** Whether the text is asked for, and the order of what has one time. */
  whole: boolean;
  /** Rows of the first page of a partition. */
  page: number;
}

/** Lines of one series and hour in their order, a piece at a time; undefined at their end. */
export type Pieces = () => Promise<Line[] | undefined>;

/** Bytes that a page should have, and the most rows. */
const page = { bytes: 1024 * 1024, rows: 5000 };

/** Lines of one series in one hour. What was written to partitions of different spans is put together, once. */
export function pieces(session: Session, gate: Turnstile, shelf: Shelf, reading: Reading, signal: AbortSignal): Pieces {
  const parts = shelf.seconds.map((seconds) => ofSpan(session, gate, shelf.series, seconds, reading, signal));
  const [only] = parts;
  return parts.length === 1 && only ? only : joined(parts, reading.direction);
}

function ofSpan(
  { ask }: Session,
  gate: Turnstile,
  series: string,
  seconds: number,
  { begin, from, to, direction, whole, page: first }: Reading,
  signal: AbortSignal,
): Pieces {
  const starts = partitionsOf(begin, seconds, from, to);
  if (direction === 'backward') starts.reverse();
  const order = direction === 'forward' ? 'ASC' : 'DESC';
  const columns = whole ? 'time, hash, number, log, metadata, written' : 'time, hash, number, size';
  const query =
    `SELECT ${columns} FROM lines WHERE series = ? AND seconds = ? AND start = ? AND time >= ? AND time <= ? ` +
    `ORDER BY time ${order}, hash ${order}, number ${order}`;
  const id = Buffer.from(series, 'hex');
  let size = whole ? first : page.rows;
  let at = 0;
  let state: string | undefined;
  let held: Line[] = [];

  return async () => {
    while (at < starts.length) {
      signal.throwIfAborted();
      const params = [id, seconds, BigInt(starts[at] ?? 0), from, to];
      const asked = gate.pass(async () => {
        signal.throwIfAborted();
        return ask(query, params, { size, state });
      });
      const result = await orAbort(asked, signal);
      ({ state } = result);
      const lines = held;
      let bytes = 0;
      for (const row of result.rows) {
        // What remains of a row whose time is over.
        if (row[whole ? 'log' : 'size'] === null) continue;
        const line = lineOf(row, series, whole);
        bytes += line.log.length + 100;
        lines.push(line);
      }
      if (whole && bytes > 0)
        size = Math.max(20, Math.min(page.rows, Math.floor((page.bytes * result.rows.length) / bytes)));
      held = [];
      if (state === undefined) at += 1;
      else held = cutLast(lines);
      if (whole) arrange(lines, direction);
      if (lines.length > 0) return lines;
    }
    return undefined;
  };
}

/** Takes off those of the last time: more of them may come. */
function cutLast(lines: Line[]): Line[] {
  const last = lines.at(-1)?.time;
  let from = lines.length;
  while (from > 0 && lines[from - 1]?.time === last) from -= 1;
  return lines.splice(from);
}

/** Puts those of one time into their order; times are in order already. */
function arrange(lines: Line[], direction: Reading['direction']): void {
  const sorted = lines.every((line, index) => index === 0 || lines[index - 1]?.time !== line.time);
  if (sorted) return;
  lines.sort(direction === 'forward' ? compare : (a, b) => compare(b, a));
}

function lineOf(row: types.Row, series: string, whole: boolean): Line {
  const written = whole ? (row['written'] as bigint[] | null) : null;
  const log = whole ? String(row['log'] ?? '') : '';
  return {
    time: row['time'] as bigint,
    series,
    written: written?.[0] ?? 0n,
    hash: (row['hash'] as Buffer).toString('hex'),
    number: row['number'] as number,
    log,
    size: whole ? Buffer.byteLength(log) : Number(row['size']),
    metadata: whole ? (row['metadata'] as Map<string, string> | null) : null,
  };
}

function joined(parts: readonly Pieces[], direction: Reading['direction']): Pieces {
  const heads = parts.map((next) => ({ next, lines: [] as Line[], over: false }));
  const sign = direction === 'forward' ? 1 : -1;
  return async () => {
    for (;;) {
      await Promise.all(
        heads.map(async (head) => {
          if (head.over || head.lines.length > 0) return;
          const lines = await head.next();
          if (lines) head.lines = lines;
          else head.over = true;
        }),
      );
      const open = heads.filter(({ lines }) => lines.length > 0);
      if (open.length === 0) return undefined;
      // All parts are known up to here.
      const bounds = open.map(({ lines }) => lines.at(-1)?.time ?? 0n);
      const bound = bounds.reduce((a, b) => (((a < b ? a : b) === a) === sign > 0 ? a : b));
      const found = new Map<string, Line>();
      for (const head of open) {
        const end = head.lines.findIndex(({ time }) => (sign > 0 ? time > bound : time < bound));
        for (const line of head.lines.splice(0, end === -1 ? head.lines.length : end)) {
          const key = `${line.time}.${line.hash}.${line.number}`;
          const same = found.get(key);
          if (!same || line.written < same.written) found.set(key, line);
        }
      }
      return [...found.values()].sort((a, b) => sign * compare(a, b));
    }
  };
}
