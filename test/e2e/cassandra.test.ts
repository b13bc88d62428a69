import { randomBytes } from 'node:crypto';
import { after, before } from 'node:test';
import { openCassandra, type CassandraSettings } from '../../src/serve/stores/cassandra.ts';
import type { Store } from '../../src/serve/store.ts';
import { silent } from '../../src/system/log.ts';
import { storeSuite } from '../serve/store-suite.ts';
import { missing, startCluster, type Cluster } from './support/cassandra.ts';
import { until } from './support/until.ts';

let cluster: Cluster | undefined;

before(async () => {
  if (missing === undefined) cluster = await startCluster(1);
});
after(() => cluster?.remove());

const settings = (more: Partial<CassandraSettings> = {}): CassandraSettings => ({
  hosts: ['127.0.0.1'],
  port: cluster?.port ?? 0,
  keyspace: `k${randomBytes(6).toString('hex')}`,
  replication: { strategy: 'SimpleStrategy', factors: { cluster: 1 } },
  retention: 0,
  consistency: { write: 'LOCAL_QUORUM', read: 'LOCAL_QUORUM' },
  writeConcurrency: 8,
  writeBuffer: 1024,
  queue: 100_000,
  ...more,
});

async function open(more: Partial<CassandraSettings> = {}): Promise<Store> {
  const store = openCassandra(settings(more), silent);
  await until('the store', () =>
    store.check().then(
      () => true,
      () => false,
    ),
  );
  return store;
}

if (missing === undefined) storeSuite('cassandra', open);
