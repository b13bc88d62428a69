import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { podsFromApi } from '../../src/kubernetes/api.ts';
import type { Timings } from '../../src/kubernetes/timings.ts';
import { connect } from '../../src/kubernetes/connection.ts';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createApiServer } from '../support/api-server.ts';
import { makePod } from '../support/pods.ts';
import { runSource } from '../support/source.ts';

const fast: Partial<Timings> = { retry: [5, 20], pace: 2, settled: 20, relistGap: 10, watchSeconds: [60, 60] };

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 90_000; !condition(); await sleep(2)) assert.ok(Date.now() < end, `in vain: ${what}`);
}

async function start(t: TestContext, timings: Partial<Timings> = {}) {
  const api = await createApiServer();
  t.after(() => api.close());
  api.pods.set(makePod({ name: 'a', uid: 'a' }));
  const metrics = createMetrics();
  const source = podsFromApi({
    connection: await connect({ kubeUrl: api.url }),
    node: 'node-1',
    log: silent,
    metrics,
    onChange() {},
    timings: { ...fast, ...timings },
  });
  runSource(t, source);
  await until(() => source.synced, 'synced');
  const lists = () =>
    api.requests.filter(({ verb }) => verb === 'list').map(({ query }) => query.get('resourceVersion'));
  const causes = async () => (await metrics.relists.get()).values.map(({ labels, value }) => [labels.cause, value]);
  const names = () =>
    source
      .all()
      .map(({ name }) => name)
      .toSorted()
      .join(' ');
  return { api, source, lists, causes, names, watching: () => until(() => api.watches === 1, 'a watch') };
}

test('a list is read again from time to time, from a state no older than the known one', async (t) => {
  const { lists, causes } = await start(t, { relist: [30, 30] });
  await until(() => lists().length >= 3, 'more lists');
  assert.deepEqual(lists().slice(0, 3), ['0', '101', '101']);
  assert.equal((await causes())[0]?.[0], 'guard');
});

test('any number of wishes for a list is one list', async (t) => {
  const { source, watching, lists, causes } = await start(t);
  await watching();
  for (let i = 0; i < 5; i += 1) source.relist();
  await until(() => lists().length === 2, 'a list');
  await watching();
  assert.deepEqual(await causes(), [['asked', 1]]);
  assert.equal(lists().length, 2);
});

test('a wish for a list that comes soon after another list has to wait', async (t) => {
  const { api, source, watching, lists, names } = await start(t, { relistGap: 600_000 });
  await watching();
  source.relist();
  await sleep(30);
  api.pods.set(makePod({ name: 'b', uid: 'b' }));
  await until(() => names() === 'a b', 'b');
  assert.equal(lists().length, 1);
});

test('a watch that outlasts its time is replaced, and that is no illness', async (t) => {
  const { api, source, lists } = await start(t, { watchSeconds: [0, 0], grace: 30 });
  await until(() => api.requests.filter(({ verb }) => verb === 'watch').length >= 4, 'more watches');
  assert.equal(source.error, undefined);
  assert.equal(lists().length, 1);
});

test('an event without end: no second try with it, but a list', async (t) => {
  const { api, source, watching, lists, names } = await start(t);
  await watching();
  api.faults.line(`{"type":"ADDED","object":{"a":"${'x'.repeat(9 * 1024 * 1024)}`);
  await until(() => lists().length === 2, 'a list');
  assert.deepEqual(
    api.requests.slice(0, 3).map(({ verb }) => verb),
    ['list', 'watch', 'list'],
  );
  await watching();
  api.pods.set(makePod({ name: 'b', uid: 'b' }));
  await until(() => names() === 'a b' && source.error === undefined, 'b, and well');
});

test('a server that asks for time gets it', async (t) => {
  const { api, source, watching, lists } = await start(t);
  await watching();
  api.faults.list(429, { 'retry-after': '1' });
  source.relist();
  await until(() => lists().length === 2, 'the list that is refused');
  const refused = performance.now();
  await until(() => lists().length === 3, 'the list after it');
  assert.ok(performance.now() - refused > 900);
});

test('a list that is answered 410 is followed by a consistent one', async (t) => {
  const { api, source, watching, lists } = await start(t);
  await watching();
  api.faults.list(410);
  source.relist();
  await until(() => lists().length === 3, 'the lists');
  assert.deepEqual(lists(), ['0', '101', null]);
});

test('an outage takes nothing away; what changed in it is known after it', async (t) => {
  const { api, source, watching, names } = await start(t);
  await watching();
  await api.stop();
  await until(() => source.error !== undefined, 'ill');
  assert.deepEqual([names(), source.synced], ['a', true]);
  api.pods.delete('a');
  api.pods.set(makePod({ name: 'b', uid: 'b' }));
  await api.start();
  await until(() => names() === 'b' && source.error === undefined, 'b, and well');
});
