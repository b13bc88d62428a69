import type { IncomingMessage } from 'node:http';
import type { Log } from '../system/log.ts';
import { readBatch, type Fault } from './batch.ts';
import { readBody } from './body.ts';
import { goJson } from './json.ts';
import type { ServeMetrics } from './metrics.ts';
import { readQuery } from './query.ts';
import type { ServeSettings } from './serve.ts';
import { StoreBusy, type Store } from './store.ts';
import { formatTime } from './time.ts';

export interface Surroundings {
  store: Store;
  settings: ServeSettings;
  metrics: ServeMetrics;
  log: Log;
}

export interface Reply {
  status: number;
  type?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

export type Handler = (request: IncomingMessage, query: URLSearchParams, world: Surroundings) => Promise<Reply>;

const json = (status: number, value: unknown): Reply => ({ status, type: 'application/json', body: goJson(value) });
const bad = (fault: Fault): Reply => json(400, { message: fault.message, detail: fault.detail });
const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What answers, by path and method; HEAD is answered as GET. */
export const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/write': { GET: health, POST: write },
  '/query': { GET: query },
  '/livez': { GET: () => Promise.resolve(json(200, { ok: true })) },
  '/readyz': { GET: health },
  '/metrics': {
    GET: async (_request, _query, { metrics: { registry } }) => ({
      status: 200,
      type: registry.contentType,
      body: await registry.metrics(),
    }),
  },
};

async function health(_request: IncomingMessage, _query: URLSearchParams, { store }: Surroundings): Promise<Reply> {
  try {
    await store.check();
    return json(200, { healthy: true, detail: '' });
  } catch (error) {
    return json(503, { healthy: false, detail: reason(error) });
  }
}

async function write(request: IncomingMessage, _query: URLSearchParams, world: Surroundings): Promise<Reply> {
  const { store, settings, metrics, log } = world;
  const body = await readBody(request, settings.bodyLimit);
  const batch = readBatch(body.toString('utf8'), settings.skipInvalid);
  if ('message' in batch) return bad(batch);
  const { entries, skipped } = batch;
  try {
    await store.write(entries);
  } catch (error) {
    if (error instanceof StoreBusy) {
      metrics.refused.inc();
      return {
        ...json(429, { message: 'too many entries are waiting', detail: reason(error) }),
        headers: { 'retry-after': '1' },
      };
    }
    log.error('entries could not be stored', { error });
    return json(500, { message: 'failed to store entries', detail: reason(error) });
  }
  metrics.stored.inc(entries.length);
  metrics.skipped.inc(skipped.length);
  if (skipped[0]) log.warn('entries were left out', { count: skipped.length, first: skipped[0].detail });
  return { status: 200 };
}

async function query(_request: IncomingMessage, parameters: URLSearchParams, world: Surroundings): Promise<Reply> {
  const asked = readQuery(parameters, BigInt(Date.now()) * 1_000_000n);
  if ('message' in asked) return bad(asked);
  const rows: string[] = [];
  try {
    for await (const { time, log } of world.store.read(asked))
      rows.push(`    {\n      "time": ${goJson(formatTime(time))},\n      "log": ${goJson(log)}\n    }`);
  } catch (error) {
    world.log.error('a query failed', { error });
    return json(500, { message: 'query execution error', detail: reason(error) });
  }
  const list = rows.length === 0 ? '[]' : `[\n${rows.join(',\n')}\n  ]`;
  return { status: 200, type: 'application/json', body: `{\n  "log_rows": ${list}\n}` };
}
