import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

export interface Arrived {
  date: string;
  log: string;
  stream: string;
  path: string;
  [attribute: string]: string;
}

/**
 * How a collector meets a request. `refuse`: 503. `deny`: 401. `forget`: takes all, and the answer never arrives.
 * `break off`: takes nothing, without an answer. `slow`: takes all, and answers after a while.
 */
export type Manner = 'well' | 'refuse' | 'deny' | 'forget' | 'break off' | 'slow';

export interface Collector {
  url: string;
  manner: Manner;
  /** Meets the next requests, one each, before `manner` does. */
  manners: Manner[];
  /** All that was stored, in order; what came twice is there twice. */
  arrived: Arrived[];
  /** Each request that was stored: how many records, and whether the sender was told so. */
  stored: { count: number; told: boolean }[];
  requests: number;
  /** The texts of a stream of what is at a path that ends so, in the order of arrival. */
  lines(path: string, stream?: 'stdout' | 'stderr'): string[];
  close(): Promise<void>;
  open(): Promise<void>;
}

/** What `ship --sink http --encoding ndjson` sends to; it remembers all and tells the texts byte for byte. */
export async function startCollector(t: Pick<TestContext, 'after'>, host = '127.0.0.1'): Promise<Collector> {
  let port = 0;
  const store = (body: Buffer, told: boolean) => {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(gunzipSync(body));
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line.replace(/^\{"date":([\d.]+)/, '{"date":"$1"')) as Arrived);
    collector.arrived.push(...records);
    const stored = { count: records.length, told };
    collector.stored.push(stored);
    return stored;
  };
  const answer = (manner: Manner, body: Buffer, response: ServerResponse): unknown => {
    switch (manner) {
      case 'refuse':
        return response.writeHead(503).end();
      case 'deny':
        return response.writeHead(401).end();
      case 'break off':
        return response.destroy();
      case 'forget':
        store(body, false);
        return response.destroy();
      case 'slow': {
        const stored = store(body, false);
        return setTimeout(() => {
          if (response.destroyed) return;
          response.writeHead(204).end();
          stored.told = true;
        }, 50);
      }
      default:
        store(body, true);
        return response.writeHead(204).end();
    }
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      collector.requests++;
      answer(collector.manners.shift() ?? collector.manner, Buffer.concat(parts), response);
    });
  });
  const collector: Collector = {
    url: '',
    manner: 'well',
    manners: [],
    arrived: [],
    stored: [],
    requests: 0,
    lines: (path, stream = 'stdout') =>
      collector.arrived.filter((one) => one.path.endsWith(path) && one.stream === stream).map(({ log }) => log),
    async open() {
      await new Promise<void>((resolve) => server.listen(port, host, resolve));
      ({ port } = server.address() as AddressInfo);
      collector.url = `http://${host}:${port}/`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await collector.open();
  t.after(() => collector.close());
  return collector;
}
