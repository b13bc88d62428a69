import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../system/log.ts';
import { StoreBusy, StoreNotReady, type Extent, type Series, type Store } from '../store.ts';
import { openSession, type ClientSettings } from './cassandra/client.ts';
import { count } from './cassandra/count.ts';
import { gist, meaning } from './cassandra/faults.ts';
import { greatest, least } from './cassandra/place.ts';
import { createRegister } from './cassandra/register.ts';
import { hoursOf, inBounds, search, type Reader } from './cassandra/search.ts';
import { createSpread } from './cassandra/spread.ts';
import { createTurnstile } from './cassandra/turnstile.ts';
import { write } from './cassandra/write.ts';
import { seriesOf } from '../identity.ts';

export interface CassandraSettings extends ClientSettings {
  /** Requests that write at once. */
  writeConcurrency: number;
  /** Entries that are made into requests at once; those behind them wait as they came. */
  writeBuffer: number;
  /** The most entries that wait to be written. */
  queue: number;
  /** Bytes of a partition after which the further entries of its series go to partitions of less time. */
  partition?: number;
}

/** Requests that read at once. */
const readConcurrency = 64;
/** Milliseconds: how long is waited between two attempts to connect, and for the answer to a check. */
const times = { least: 500, most: 15_000, check: 2000 };
const all = { from: least, to: greatest, series: [], text: [] };

/**
 * Tables in a keyspace of Cassandra. Connects in the background for as long as it takes; until then all else fails with
 * `StoreNotReady`. A write is acknowledged when Cassandra has it with the consistency asked for.
 */
export function openCassandra(settings: CassandraSettings, log: Log): Store {
  const ended = new AbortController();
  const spread = createSpread(settings.partition);
  const requests = createTurnstile(settings.writeConcurrency);
  const entries = createTurnstile(settings.writeBuffer);
  const gate = createTurnstile(readConcurrency);
  const writes = new Set<Promise<void>>();
  let waits = 0;
  let reader: Reader | undefined;
  let problem = 'it is being connected to';
  let last = 0n;

  const tick = () => {
    const now = BigInt(Date.now()) * 1_000_000n;
    return (last = now > last ? now : last + 1n);
  };

  const connecting = connect();
  async function connect(): Promise<void> {
    for (let pause = times.least; !ended.signal.aborted; pause = Math.min(pause * 2, times.most)) {
      try {
        const session = await openSession(settings, log);
        reader = { session, register: createRegister(session, requests), gate };
        log.info('cassandra is there', { hosts: settings.hosts, keyspace: settings.keyspace });
        return;
      } catch (error) {
        problem = gist(error);
        log.warn('cassandra is not there yet', { error: problem });
        await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: ended.signal }).catch(() => undefined);
      }
    }
  }

  function ready(): Reader {
    if (ended.signal.aborted) throw new Error('the store is closed');
    if (!reader) throw new StoreNotReady(`Cassandra is not there yet: ${problem}`);
    return reader;
  }

  /** Errors as they are for the one who asked. */
  async function told<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    try {
      return await work(ready());
    } catch (error) {
      throw meaning(error);
    }
  }

  const extent = createExtent();
  const store: Store = {
    async write(batch) {
      const { session, register } = ready();
      if (batch.length === 0) return;
      if (waits > 0 && waits + batch.length > settings.queue)
        throw new StoreBusy(`${waits} entries wait to be written`);
      waits += batch.length;
      const work = write(batch, session, register, {
        spread,
        requests,
        entries,
        // Several of them fit, so that one is made while others are under way.
        room: Math.ceil(settings.writeBuffer / 4),
        tick,
        retention: settings.retention,
      });
      writes.add(work);
      try {
        await work;
      } finally {
        writes.delete(work);
        waits -= batch.length;
      }
    },
    async *search(asked, signal) {
      try {
        yield* search(ready(), asked, signal);
      } catch (error) {
        throw meaning(error);
      }
    },
    count: (selection, by, step, signal) => told((reader) => count(reader, selection, by, step, signal)),
    series: ({ from, to, series }, signal) =>
      told(async ({ register }) => {
        const found = new Map<string, Series>();
        for await (const { shelves } of hoursOf(
          register,
          { ...inBounds({ from, to }), direction: 'forward' },
          series,
          signal,
        ))
          for (const { source } of shelves) {
            const one = seriesOf(source);
            found.set(JSON.stringify(one), one);
          }
        return [...found.values()];
      }),
    extent: (signal) => told((reader) => extent(reader, signal)),
    check: () =>
      told(async ({ session }) => {
        const options = { prepare: true, isIdempotent: true, readTimeout: times.check };
        await session.client.execute('SELECT key FROM system.local', [], options);
      }),
    async close() {
      if (ended.signal.aborted) return;
      await Promise.allSettled(writes);
      ended.abort();
      await connecting;
      await reader?.session.client.shutdown();
    },
  };
  return store;
}

/** Counting all takes as long as there is much: what took longer than a second stands sixty times as long. */
function createExtent(): (reader: Reader, signal: AbortSignal) => Promise<Extent> {
  let last: { until: number; extent: Extent } | undefined;
  return async (reader, signal) => {
    signal.throwIfAborted();
    const begin = performance.now();
    if (last && begin < last.until) return last.extent;
    const [counted] = await count(reader, all, [], undefined, signal);
    const edge = async (direction: 'forward' | 'backward') => {
      for await (const { time } of search(reader, { ...all, direction }, signal)) return time;
      return undefined;
    };
    const extent = {
      entries: counted?.count ?? 0,
      bytes: undefined,
      oldest: await edge('forward'),
      newest: await edge('backward'),
    };
    const took = performance.now() - begin;
    last = took > 1000 ? { until: begin + 61 * took, extent } : undefined;
    return extent;
  };
}
