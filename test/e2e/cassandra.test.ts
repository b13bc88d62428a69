import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from 'cassandra-driver';
import type { Store } from '../../src/serve/store.ts';
import { openCassandra, type CassandraSettings } from '../../src/serve/stores/cassandra.ts';
import { silent } from '../../src/system/log.ts';
import { conformanceSuite } from '../serve/conformance-suite.ts';
import { sqliteIn } from '../serve/databases.ts';
import { entry, find, logs, storeSuite } from '../serve/store-suite.ts';
import { serving } from '../serve/serving.ts';
import { end, launch, watching } from '../support/program.ts';
import { missing, startCluster, type Cluster } from './support/cassandra.ts';
import { until } from './support/until.ts';

let cluster: Cluster | undefined;
const directory = mkdtempSync(join(tmpdir(), 'serve-e2e-'));

// One node alone has lost what it has acknowledged in the last 100 ms when it is killed, unless it syncs before it answers.
const durable = { commitlog_sync: 'batch', commitlog_sync_period: undefined };
// What is to be done before all tests is done at once, not one after the other.
const starting = missing === undefined ? startCluster(1, durable) : undefined;

before(async () => {
  cluster = await starting;
});
after(async () => {
  await cluster?.remove();
  rmSync(directory, { recursive: true });
});

const keyspace = () => `k${randomBytes(6).toString('hex')}`;

const settings = (more: Partial<CassandraSettings> = {}): CassandraSettings => ({
  hosts: ['127.0.0.1'],
  port: cluster?.port ?? 0,
  keyspace: keyspace(),
  replication: { strategy: 'SimpleStrategy', factors: { cluster: 1 } },
  retention: 0,
  consistency: { write: 'LOCAL_QUORUM', read: 'LOCAL_QUORUM' },
  writeConcurrency: 8,
  writeBuffer: 1024,
  queue: 100_000,
  ...more,
});

async function open(more: Partial<CassandraSettings> = {}): Promise<Store> {
  cluster = await starting;
  const store = openCassandra(settings(more), silent);
  const ready = () =>
    store.check().then(
      () => true,
      () => false,
    );
  await until('the store', ready);
  return store;
}

async function asking<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    contactPoints: ['127.0.0.1'],
    localDataCenter: 'datacenter1',
    protocolOptions: { port: cluster?.port ?? 0 },
  });
  try {
    return await work(client);
  } finally {
    await client.shutdown();
  }
}

if (missing === undefined) {
  storeSuite('cassandra', () => open());
  // Each series has partitions of all spans.
  storeSuite('cassandra, partitions that are full at once', () => open({ partition: 300 }));
  conformanceSuite('SQLite and Cassandra', [
    sqliteIn(directory),
    (retention) => {
      const name = keyspace();
      return { open: () => open({ keyspace: name, retention }) };
    },
  ]);
}

const skip = missing === undefined ? false : missing;

test('B-15, B-22: the schema, and what becomes of it with another retention', { skip }, async () => {
  const name = keyspace();
  const store = await open({
    keyspace: name,
    replication: { strategy: 'NetworkTopologyStrategy', factors: { datacenter1: 1 } },
    retention: 30 * 86_400,
  });
  await store.close();
  const table = async () =>
    asking(async (client) => {
      const from = `FROM system_schema.tables WHERE keyspace_name = '${name}'`;
      const { rows } = await client.execute(`SELECT table_name, compaction, default_time_to_live ${from}`);
      return Object.fromEntries(rows.map((row) => [row['table_name'] as string, row]));
    });
  const keyspaces = await asking(async (client) => {
    const from = `FROM system_schema.keyspaces WHERE keyspace_name = '${name}'`;
    return (await client.execute(`SELECT replication ${from}`)).rows;
  });
  assert.deepEqual(keyspaces[0]?.['replication'], {
    class: 'org.apache.cassandra.locator.NetworkTopologyStrategy',
    datacenter1: '1',
  });
  const first = await table();
  assert.deepEqual(Object.keys(first).toSorted(), ['days', 'lines', 'series_of_day']);
  assert.deepEqual(
    { ...(first['lines']?.['compaction'] as object) },
    {
      class: 'org.apache.cassandra.db.compaction.TimeWindowCompactionStrategy',
      compaction_window_size: '24',
      compaction_window_unit: 'HOURS',
      max_threshold: '32',
      min_threshold: '4',
    },
  );
  assert.deepEqual(
    [first['lines']?.['default_time_to_live'], first['days']?.['default_time_to_live']],
    [2_592_000, 2_764_800],
  );
  await (await open({ keyspace: name, retention: 86_400 })).close();
  const second = await table();
  assert.equal(second['lines']?.['default_time_to_live'], 86_400);
});

test('B-22: what is older than the retention is gone, what is younger goes by its time', { skip }, async () => {
  const store = await open({ retention: 3600 });
  const now = BigInt(Date.now()) * 1_000_000n;
  const second = 1_000_000_000n;
  const ago = (seconds: number) => ({ time: now - BigInt(seconds) * second });
  await store.write([entry('over', ago(7200)), entry('going', ago(3597)), entry('stays', ago(60))]);
  const search = { from: now - 10_000n * second, to: now + second };
  await until('the old ones to be gone', async () => (await logs(store, search)).join() === 'stays');
  await store.close();
});

test('what an earlier log server kept in Cassandra is exported, and imported once', { skip }, async (t) => {
  const name = keyspace();
  const insert = `INSERT INTO ${name}.logs JSON ?`;
  await asking(async (client) => {
    await client.execute(
      `CREATE KEYSPACE ${name} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
    const names = 'namespace text, pod_name text, container_name text, date date, time timestamp';
    const rest = 'message text, stream text, pod_id text, docker_id text, host text, labels map<text, text>';
    await client.execute(
      `CREATE TABLE ${name}.logs (${names}, ${rest}, PRIMARY KEY ((namespace, pod_name, container_name, date), time)) ` +
        'WITH CLUSTERING ORDER BY (time DESC)',
    );
    for (let index = 0; index < 1500; index += 1) {
      const time = new Date(Date.UTC(2018, 4, 3, 23, 50, 0) + index * 1001).toISOString();
      const place = {
        namespace: 'default',
        pod_name: `web-${index % 3}`,
        container_name: 'web',
        date: time.slice(0, 10),
      };
      const more = index % 2 === 0 ? { labels: { app: 'web' }, host: 'n', stream: 'stderr' } : {};
      const row = { ...place, time: time.replace('T', ' '), message: `line ${index}`, ...more };
      await client.execute(insert, [JSON.stringify(row)], { prepare: true });
    }
  });
  const options = [`--cassandra-port=${cluster?.port}`, `--cassandra-keyspace=${name}`];
  const { code, stdout, stderr } = await end(launch(['export-original', ...options, '127.0.0.1'], process.env));
  assert.deepEqual([code, stderr], [0, '1500 rows\n']);
  // The same keyspace takes ours beside it.
  const store = await open({ keyspace: name });
  const { url } = await serving(t, store);
  for (let round = 0; round < 2; round += 1) {
    const answer = await fetch(`${url}/api/import`, { method: 'POST', body: stdout });
    assert.deepEqual([answer.status, await answer.text()], [200, '{"entries":1500,"lines":1500}']);
  }
  const found = await find(store, { from: -(2n ** 63n), to: 2n ** 63n - 1n });
  assert.deepEqual(
    found.map(({ log }) => log),
    Array.from({ length: 1500 }, (_, index) => `line ${index}`),
  );
  const { cursor: _cursor, ...first } = found[0] ?? assert.fail();
  const from = { namespace: 'default', pod: 'web-0', container: 'web', podId: '', dockerId: '', metadata: {} };
  const time = BigInt(Date.UTC(2018, 4, 3, 23, 50, 0)) * 1_000_000n;
  assert.deepEqual(first, { ...from, time, log: 'line 0', stream: 'stderr', host: 'n', labels: { app: 'web' } });
});

test(
  'C-11, B-24: serve goes on when Cassandra was killed and started again under it, loses nothing, and ends well',
  { skip },
  async () => {
    const argv = [`--cassandra-port=${cluster?.port}`, `--cassandra-keyspace=${keyspace()}`, '--port=0'];
    const program = watching(launch(['serve', '--bind-address=127.0.0.1', ...argv, '127.0.0.1'], process.env));
    const acknowledged: string[] = [];
    const writing = new AbortController();
    try {
      await until('the start', () => Promise.resolve(program.url !== ''));
      await until('readiness', async () => (await fetch(`${program.url}/readyz`)).ok);
      const statuses = new Set<number>();
      const writer = async (name: string) => {
        for (let number = 0; !writing.signal.aborted; number += 1) {
          const log = `${name} ${number}`;
          const time = new Date(Date.now()).toISOString();
          const kubernetes = { namespace_name: 'default', pod_name: name, container_name: 'web' };
          const answer = await fetch(`${program.url}/write`, {
            method: 'POST',
            body: JSON.stringify([{ time, log, stream: 'stdout', kubernetes }]),
          });
          await answer.text();
          statuses.add(answer.status);
          if (answer.ok) acknowledged.push(log);
        }
      };
      const writers = Promise.all(['a', 'b', 'c', 'd'].map(writer));
      const [node] = cluster?.nodes ?? [];
      assert.ok(node);
      await until('some writes', () => Promise.resolve(acknowledged.length > 100));
      await node.stop('SIGKILL');
      await until('it to be told', async () => (await fetch(`${program.url}/readyz`)).status === 503);
      const before = acknowledged.length;
      await node.start();
      await until('it to go on', () => Promise.resolve(acknowledged.length > before + 100));
      writing.abort();
      await writers;
      assert.ok(
        [...statuses].every((status) => [200, 503, 500, 429].includes(status)),
        String([...statuses]),
      );
      const there = new Set<string>();
      for (const pod of ['a', 'b', 'c', 'd']) {
        const of = `namespace=default&pod_name=${pod}&container_name=web&start_time=2020-01-01T00:00:00Z`;
        const answer = await fetch(`${program.url}/query?${of}`);
        const found = ((await answer.json()) as { log_rows: { log: string }[] }).log_rows;
        for (const { log } of found) {
          assert.ok(!there.has(log), `${log} is there once`);
          there.add(log);
        }
      }
      assert.deepEqual(
        acknowledged.filter((log) => !there.has(log)),
        [],
      );
    } finally {
      writing.abort();
      const { code } = await program.stop();
      assert.equal(code, 0);
    }
  },
);
