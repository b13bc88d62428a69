import type { Log } from '../system/log.ts';
import { parseDuration } from './query/duration.ts';
import type { ServeMetrics } from './metrics.ts';
import type { ServeValues } from './options.ts';
import type { Store } from './store.ts';

/** What a store may tell of itself. */
export interface Around {
  log: Log;
  metrics: ServeMetrics;
}

type Open = (values: ServeValues, around: Around) => Promise<Store>;

/** How each store is opened, its program loaded for it alone. None waits for a database that isn't there yet. */
const stores: Readonly<Record<string, Open>> = {
  async sqlite(values, { log }) {
    const { openSqlite } = await import('./stores/sqlite.ts');
    const nanoseconds = values.retention === undefined ? undefined : parseDuration(values.retention);
    return openSqlite({
      directory: values['data-path'],
      queue: values['write-queue'],
      retention: nanoseconds === undefined ? undefined : Number(nanoseconds / 1_000_000n),
      maxBytes: values['max-bytes'],
      log,
    });
  },
  async cassandra(values, { log }) {
    const [{ openCassandra }, { cassandraSettings }] = await Promise.all([
      import('./stores/cassandra.ts'),
      import('./stores/cassandra/settings.ts'),
    ]);
    return openCassandra(cassandraSettings(values), log);
  },
};

export function openStore(values: ServeValues, around: Around): Promise<Store> {
  const open = stores[values.store];
  return open ? open(values, around) : Promise.reject(new Error(`there is no store ${values.store}`));
}
