import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StoreBusy, StoreNotReady } from '../../src/serve/store.ts';
import { conformanceSuite } from './conformance-suite.ts';
import { sqliteIn } from './databases.ts';
import { record } from './records.ts';
import { memoryStore, serving } from './serving.ts';

const directory = mkdtempSync(join(tmpdir(), 'serve-'));
after(() => rmSync(directory, { recursive: true }));

conformanceSuite('sqlite', [sqliteIn(directory)]);

const query = '/query?namespace=a&pod_name=b&container_name=c&start_time=2018-01-01T00:00:00Z';

/** What a store that fails with this error makes of a write, a query and a probe. */
async function answers(t: Parameters<typeof serving>[0], error: Error) {
  const failed = () => Promise.reject(error);
  // eslint-disable-next-line require-yield
  async function* search() {
    await failed();
  }
  const { url } = await serving(t, memoryStore({ write: failed, search: search as never, check: failed }));
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(url + path, init);
    return [answer.status, await answer.text(), answer.headers.get('retry-after')] as const;
  };
  const write = await ask('/write', { method: 'POST', body: JSON.stringify([record('x')]) });
  return {
    write,
    query: await ask(query),
    health: await ask('/write'),
    ready: await ask('/readyz'),
    live: await ask('/livez'),
  };
}

test('B-01, B-06 a store that fails', async (t) => {
  const { write, query, health, ready, live } = await answers(t, new Error('no'));
  assert.deepEqual(write, [500, '{"message":"failed to store entries","detail":"no"}', null]);
  assert.deepEqual(query, [500, '{"message":"query execution error","detail":"no"}', null]);
  assert.deepEqual(health, [503, '{"healthy":false,"detail":"no"}', null]);
  assert.deepEqual(ready, health);
  assert.equal(live[0], 200);
});

test('B-06 a store that is not there yet, and one that has too much to do', async (t) => {
  const { write, query } = await answers(t, new StoreNotReady('no host'));
  assert.deepEqual(write, [503, '{"message":"data store is not ready","detail":"no host"}', '1']);
  assert.deepEqual(query.slice(0, 2), [503, '{"message":"data store is not ready","detail":"no host"}']);
  const busy = await answers(t, new StoreBusy('7 wait'));
  assert.deepEqual(busy.write, [429, '{"message":"too many entries are waiting","detail":"7 wait"}', '1']);
});

test('B-23 however many probes there are, the store is asked once', async (t) => {
  let checks = 0;
  const check = () => Promise.resolve(void (checks += 1));
  const { url } = await serving(t, memoryStore({ check }));
  const paths = ['/write', '/readyz', '/livez'];
  const all = Array.from({ length: 30 }, (_, index) => fetch(`${url}${paths[index % 3]}`));
  for (const answer of all) assert.equal((await answer).status, 200);
  // A slow machine may take more than the second for which an answer stands.
  assert.ok(checks >= 1 && checks < 20, `${checks} checks`);
});

test('B-20 a query may span so many seconds at the most', async (t) => {
  const { url } = await serving(t, memoryStore(), ['--query-range=3600']);
  const ask = async (end: string) => {
    const answer = await fetch(`${url}${query}&end_time=${end}`);
    return [answer.status, await answer.text()];
  };
  assert.equal((await ask('2018-01-01T01:00:00Z'))[0], 200);
  assert.deepEqual(await ask('2018-01-01T01:00:00.000000001Z'), [
    400,
    '{"message":"invalid query","detail":"query time-interval: it may span 3600 seconds at the most"}',
  ]);
});
