import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Gate } from '../../src/serve/http/gate.ts';
import { createServeMetrics } from '../../src/serve/metrics.ts';
import type { Route, World } from '../../src/serve/route.ts';
import { createServe } from '../../src/serve/serve.ts';
import { serveSettings } from '../../src/serve/settings.ts';
import type { Entry, Store } from '../../src/serve/store.ts';
import { silent } from '../../src/system/log.ts';

export interface Kept extends Store {
  entries: Entry[];
}

/** A store in memory for tests of what is in front of it; it finds by equal series alone. */
export function memoryStore(more: Partial<Store> = {}): Kept {
  const entries: Entry[] = [];
  return {
    entries,
    write: (batch) => Promise.resolve(void entries.push(...batch)),
    async *search({ from, to, series }) {
      await Promise.resolve();
      for (const [index, entry] of entries.entries()) {
        const names: Record<string, unknown> = { ...entry };
        const fits = series.every(({ name, value }) => names[name] === value);
        if (fits && entry.time >= from && entry.time <= to) yield { ...entry, cursor: String(index) };
      }
    },
    count: () => Promise.reject(new Error('not here')),
    series: () => Promise.reject(new Error('not here')),
    extent: () => Promise.reject(new Error('not here')),
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
    ...more,
  };
}

export interface Serving {
  url: string;
  world: World;
  /** Aborts what the server is told of the program's end. */
  end: AbortController;
}

/** A server over a store until the test is over. */
export async function serving(
  t: Pick<TestContext, 'after'>,
  store: Store,
  argv: readonly string[] = [],
  more: { routes?: readonly Route[]; gate?: Gate } & Partial<World> = {},
): Promise<Serving> {
  const { routes, gate, ...rest } = more;
  const now = () => BigInt(Date.now()) * 1_000_000n;
  const values = serveSettings({ argv, env: {} });
  const world: World = { store, values, metrics: createServeMetrics(), log: silent, now, ...rest };
  const end = new AbortController();
  const server = createServe(world, end.signal, { ...(routes && { table: routes }), ...(gate && { gate }) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    end.abort();
    server.closeAllConnections();
    server.close();
    await store.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, world, end };
}
