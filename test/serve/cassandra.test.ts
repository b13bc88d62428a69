import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { StoreBusy, StoreNotReady } from '../../src/serve/store.ts';
import { openCassandra, type CassandraSettings } from '../../src/serve/stores/cassandra.ts';
import { createLog, silent } from '../../src/system/log.ts';
import { startCqlServer, type CqlServer } from '../support/cql-server.ts';
import { freePort } from '../support/port.ts';
import { until } from '../support/program.ts';
import { makeCertificate } from '../support/tls.ts';
import { entry, logs, near, never } from './store-suite.ts';

const patience = 60_000;

async function certificate(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'serve-cassandra-'));
  t.after(() => rm(directory, { recursive: true }));
  return makeCertificate(directory);
}

function settings(port: number, more: Partial<CassandraSettings> = {}): CassandraSettings {
  return {
    hosts: ['127.0.0.1'],
    port,
    keyspace: 'test',
    replication: { strategy: 'SimpleStrategy', factors: { cluster: 1 } },
    retention: 0,
    consistency: { write: 'LOCAL_QUORUM', read: 'LOCAL_QUORUM' },
    writeConcurrency: 4,
    writeBuffer: 100,
    queue: 1000,
    patience: { write: 60_000, read: 30_000, answer: 30_000 },
    ...more,
  };
}

function opened(t: TestContext, port: number, more: Partial<CassandraSettings> = {}) {
  const store = openCassandra(settings(port, more), silent);
  t.after(() => store.close());
  return store;
}

async function ready(t: TestContext, cql: CqlServer, more: Partial<CassandraSettings> = {}) {
  const store = opened(t, cql.port, more);
  await until('the store', () => store.check().then(() => true), patience);
  await store.write([entry('first')]);
  cql.kept.length = 0;
  cql.met.length = 0;
  return store;
}

test('what passes is tried again, and what is acknowledged was kept', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql);
  for (const manner of ['unavailable', 'overloaded', 'write timeout', 'unprepared', 'drop'] as const) {
    cql.kept.length = 0;
    cql.manners.push(manner);
    await store.write([entry(manner)]);
    assert.deepEqual(cql.kept, [manner]);
    assert.deepEqual(cql.manners, []);
  }
});

test('what is not answered is tried again', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql, { patience: { write: 60_000, read: 30_000, answer: 500 } });
  cql.manners.push('silence');
  await store.write([entry('a')]);
  // Several times where the machine is so busy that good answers come too late.
  assert.deepEqual(new Set(cql.kept), new Set(['a']));
  assert.ok(cql.met.length > 1);
});

test('an answer that is lost leads to the same row once more', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql);
  cql.manners.push('forget');
  await store.write([entry('a')]);
  assert.deepEqual(cql.kept, ['a', 'a']);
});

for (const [manner, kind] of [
  ['unavailable', StoreNotReady],
  ['overloaded', StoreBusy],
  ['drop', StoreNotReady],
] as const)
  test(`what does not pass is told: ${manner}`, async (t) => {
    const cql = await startCqlServer(t);
    const store = await ready(t, cql, { patience: { write: 1500, read: 300, answer: 5000 } });
    cql.manner = manner;
    await assert.rejects(store.write([entry('a')]), kind);
    assert.ok(cql.met.length > 1, 'it was tried again');
    await assert.rejects(logs(store), kind);
    cql.manner = 'well';
    await until('it goes on', () => store.write([entry('b')]).then(() => true), patience);
    assert.deepEqual(new Set(cql.kept), new Set(['b']));
  });

test('what never passes is not tried again', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql);
  cql.manner = 'invalid';
  await assert.rejects(store.write([entry('a')]), /unconfigured table/);
  assert.equal(cql.met.length, 1);
});

test('B-06, B-15: it waits for Cassandra, and says so meanwhile', async (t) => {
  const port = await freePort();
  const store = opened(t, port, { patience: { write: 3000, read: 500, answer: 500 } });
  await assert.rejects(store.write([entry('a')]), StoreNotReady);
  await assert.rejects(store.check(), StoreNotReady);
  await assert.rejects(logs(store), StoreNotReady);
  await assert.rejects(store.count(near, [], undefined, never), StoreNotReady);
  await assert.rejects(store.series(near, never), StoreNotReady);
  await assert.rejects(store.extent(never), StoreNotReady);
  await until('it tells why', () =>
    store.check().then(
      () => false,
      (error: Error) => /ECONNREFUSED/.test(error.message),
    ),
  );
  const cql = await startCqlServer(t, { port });
  await until('the store', () => store.check().then(() => true), patience);
  await until('it to be kept', () => store.write([entry('a')]).then(() => true), patience);
  assert.deepEqual(new Set(cql.kept), new Set(['a']));
});

test('a server that is started again has to be told the statements again', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql);
  await cql.close();
  await assert.rejects(store.check());
  const write = store.write([entry('while it is away')]);
  await cql.listen();
  await write;
  await store.write([entry('after')]);
  assert.deepEqual(cql.kept, ['while it is away', 'after']);
});

test('B-18: rows of one partition go together, as many at once as are allowed', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql, { writeConcurrency: 3, writeBuffer: 500 });
  cql.pause = 5;
  const texts = Array.from({ length: 1000 }, (_, index) => `line ${index}`);
  await store.write(texts.map((text, index) => entry(text, { pod: `web-${index % 10}` })));
  assert.deepEqual(cql.kept.toSorted(), texts.toSorted());
  assert.equal(cql.most, 3);
  const batches = cql.met.length;
  assert.ok(batches < 100, `${batches} requests`);
});

test('too much that waits is refused, and told apart from a failure', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql, { queue: 2 });
  cql.pause = 50;
  const first = store.write([entry('a'), entry('b')]);
  await assert.rejects(store.write([entry('c')]), StoreBusy);
  await first;
  await store.write([entry('c')]);
  assert.deepEqual(cql.kept, ['a', 'b', 'c']);
});

test('close waits for what is written', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql);
  cql.pause = 100;
  let written = false;
  const write = store.write([entry('a')]).then(() => (written = true));
  await store.close();
  assert.ok(written);
  await write;
  await assert.rejects(store.write([entry('b')]), /closed/);
});

test('B-23: a check asks one small thing on the connection that is there, and does not wait for ever', async (t) => {
  const cql = await startCqlServer(t);
  const store = await ready(t, cql, { patience: { write: 60_000, read: 30_000, answer: 2000 } });
  const { connections } = cql;
  const { length } = cql.statements;
  for (let index = 0; index < 20; index += 1) await store.check();
  assert.equal(cql.connections, connections);
  assert.equal(cql.statements.length, length);
  cql.manner = 'silence';
  await assert.rejects(store.check());
});

test('B-21, B-22: a user with a password, over TLS', async (t) => {
  const tls = await certificate(t);
  if (!tls) return t.skip('there is no openssl');
  const cql = await startCqlServer(t, { user: 'writer', password: 'open sesame', tls });
  const told = new PassThrough();
  const log = createLog('debug', told);
  const ca = tls.cert;
  const said = async (more: Partial<CassandraSettings>, what: RegExp) => {
    const store = openCassandra(settings(cql.port, more), log);
    t.after(() => store.close());
    const told = () => store.check().then(String, String);
    await until(String(what), async () => what.test(await told()), patience);
  };
  await said({ username: 'writer', password: 'open sesame', tls: {} }, /self.signed/i);
  await said({ username: 'writer', password: 'open sesame', tls: { ca, name: 'other' } }, /other/);
  await said({ username: 'writer', password: 'wrong word', tls: { ca } }, /password is wrong/);
  const lines = String(told.read());
  assert.doesNotMatch(lines, /sesame|wrong word/);
  assert.match(lines, /password is wrong/);
  await ready(t, cql, { username: 'writer', password: 'open sesame', tls: { ca } });
});
