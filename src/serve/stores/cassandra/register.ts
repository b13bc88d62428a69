import { orAbort } from '../../abort.ts';
import { valueTest } from '../../query/condition.ts';
import type { Matcher } from '../../store.ts';
import { seriesOf, sourceOf, type Source } from '../../identity.ts';
import type { Session } from './client.ts';
import { persist } from './faults.ts';
import type { Turnstile } from './turnstile.ts';
import { dayOf, hourOf, spans, startOf } from './place.ts';

/** A series that may have something in an hour. */
export interface Shelf {
  series: string;
  source: Source;
  /** Seconds of its partitions of this hour. */
  seconds: number[];
}

/** The hours from first to last that have something, with what is there. */
export interface Hour {
  begin: bigint;
  shelves: Shelf[];
}

export interface Noting {
  namespace: string;
  series: string;
  source: string;
  time: bigint;
  seconds: number;
}

/** Which series have something in which hours: what is not in there is not looked for. */
export interface Register {
  /** Resolves when it stands there; undefined if it does already. */
  note(noting: Noting): Promise<void> | undefined;
  /** The days that have something, in order. */
  days(from: bigint, to: bigint, signal: AbortSignal): Promise<number[]>;
  /** The hours of a day that have something of series that match, in order. */
  hours(day: number, matchers: readonly Matcher[], signal: AbortSignal): Promise<Hour[]>;
}

/** Milliseconds after which it is written again, since it is kept a limited time from then on. */
const stands = 12 * 3_600_000;
const most = 200_000;
const page = 2000;

const note = 'UPDATE series_of_day SET source = ?, parts = parts + ? WHERE day = ? AND namespace = ? AND series = ?';
const noteDay = 'INSERT INTO days (shelf, day) VALUES (0, ?)';
const selectDays = 'SELECT day FROM days WHERE shelf = 0 AND day >= ? AND day <= ?';
const selectSeries = 'SELECT series, source, parts FROM series_of_day WHERE day = ?';

export function createRegister({ client, write, ask, patience }: Session, requests: Turnstile): Register {
  const noted = new Map<string, { at: number; done: Promise<void> | undefined }>();
  const sources = new Map<string, Source>();

  function once(key: string, work: () => Promise<unknown>): Promise<void> | undefined {
    const known = noted.get(key);
    if (known && (known.done || performance.now() - known.at < stands)) return known.done;
    if (noted.size >= most) noted.clear();
    const one: { at: number; done: Promise<void> | undefined } = { at: performance.now(), done: undefined };
    one.done = (async () => {
      try {
        await requests.pass(() => persist(work, patience));
        one.done = undefined;
      } catch (error) {
        noted.delete(key);
        throw error;
      }
    })();
    noted.set(key, one);
    return one.done;
  }

  const options = { prepare: true, isIdempotent: true, consistency: write };

  return {
    note({ namespace, series, source, time, seconds }) {
      const day = dayOf(time);
      const part = hourOf(time) * spans.length + spans.indexOf(seconds as (typeof spans)[number]);
      const one = once(`${series}.${day}.${part}`, () =>
        client.execute(note, [source, [part], day, namespace, Buffer.from(series, 'hex')], options),
      );
      const other = once(String(day), () => client.execute(noteDay, [day], options));
      return one && other ? Promise.all([one, other]).then(() => undefined) : (one ?? other);
    },
    async days(from, to, signal) {
      const { rows } = await orAbort(ask(selectDays, [dayOf(from), dayOf(to)], { size: 100_000 }), signal);
      return rows.map((row) => Number(row['day']));
    },
    async hours(day, matchers, signal) {
      const tests = matchers.map(({ name, op, value }) => ({ name, holds: valueTest({ op, value }) }));
      const namespace = matchers.find(({ name, op }) => name === 'namespace' && op === '=')?.value;
      const query = namespace === undefined ? selectSeries : `${selectSeries} AND namespace = ?`;
      const params = namespace === undefined ? [day] : [day, namespace];
      const hours = new Map<number, Shelf[]>();
      let state: string | undefined;
      do {
        signal.throwIfAborted();
        const result = await orAbort(ask(query, params, { size: page, state }), signal);
        for (const row of result.rows) {
          const series = (row['series'] as Buffer).toString('hex');
          let source = sources.get(series);
          if (!source) {
            if (sources.size >= most) sources.clear();
            source = sourceOf(String(row['source']));
            sources.set(series, source);
          }
          const names = seriesOf(source);
          if (!tests.every(({ name, holds }) => holds(Object.hasOwn(names, name) ? (names[name] ?? '') : ''))) continue;
          for (const part of (row['parts'] as number[] | null) ?? []) {
            const number = Math.floor(part / spans.length);
            const seconds = spans[part % spans.length] ?? spans[0];
            const shelves = hours.get(number) ?? [];
            if (shelves.length === 0) hours.set(number, shelves);
            const last = shelves.at(-1);
            if (last?.series === series) last.seconds.push(seconds);
            else shelves.push({ series, source, seconds: [seconds] });
          }
        }
        ({ state } = result);
      } while (state !== undefined);
      return [...hours]
        .sort(([a], [b]) => a - b)
        .map(([number, shelves]) => ({ begin: startOf(day, number), shelves }));
    },
  };
}
