import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, entry, stored } from './stored.ts';

const text = async (url: string) => {
  const answer = await fetch(url);
  return [answer.status, await answer.text()] as const;
};

test('C-03, C-04: /logs and /status', async (t) => {
  const { url, world } = await stored(t);
  assert.deepEqual(await text(`${url}/status`), [200, '{"files_len":0,"index_keys":[]}']);
  const none = { namespace: '', pod: '', container: '', stream: '' };
  await world.store.write([
    entry('hello!', base, { ...none, labels: { path: 'd/hello.log' } }),
    entry('again', base + 1n, { ...none, labels: { path: 'd/hello.log' } }),
  ]);
  assert.deepEqual(await text(`${url}/status`), [200, '{"files_len":1,"index_keys":["path=d/hello.log"]}']);
  assert.deepEqual(await text(`${url}/logs/path/d/hello.log`), [200, '["hello!","again"]']);
  assert.deepEqual(await text(`${url}/logs/path/d%2Fhello.log`), [200, '["hello!","again"]']);
  for (const path of ['path/d', 'path/', 'path', '', 'nope/d/hello.log', '%zz/a', 'path/%zz'])
    assert.deepEqual(await text(`${url}/logs/${path}`), [404, ''], path);
});

test('C-06, C-10: by pod and label, several series merged by time', async (t) => {
  const { url, world } = await stored(t);
  const labels = { 'app.kubernetes.io/name': 'web', 'k8s-app': 'kube-dns' };
  await world.store.write([
    entry('2 "–“', base + 2n, { labels, dockerId: 'abc' }),
    entry('1', base + 1n, { labels, pod: 'web-1' }),
    entry('3', base + 3n, { labels: { 'app.kubernetes.io/name': 'web & co' } }),
  ]);
  assert.deepEqual(await text(`${url}/logs/app.kubernetes.io%2Fname/web`), [200, '["1","2 \\"–“"]']);
  assert.deepEqual(await text(`${url}/logs/k8s-app/kube-dns`), [200, '["1","2 \\"–“"]']);
  assert.deepEqual(await text(`${url}/logs/app.kubernetes.io%2Fname/web%20%26%20co`), [200, '["3"]']);
  assert.deepEqual(await text(`${url}/logs/pod_name/web-1`), [200, '["1"]']);
  assert.deepEqual(await text(`${url}/logs/pod/web-1`), [200, '["1"]']);
  assert.deepEqual(await text(`${url}/logs/container_name/web`), [200, '["1","2 \\"–“","3"]']);
  assert.deepEqual(await text(`${url}/logs/container_id/abc`), [200, '["2 \\"–“"]']);
  const [, status] = await text(`${url}/status`);
  const { index_keys: keys } = JSON.parse(status) as { index_keys: string[] };
  for (const key of ['pod_name=web-0', 'container_id=abc', 'namespace=default', 'app.kubernetes.io/name=web & co'])
    assert.ok(keys.includes(key), key);
});

test('/query: an answer of any size is the same text', async (t) => {
  const { url, world } = await stored(t);
  const lines = Array.from({ length: 5000 }, (_, index) => ({
    time: `2026-01-02T03:04:05.${String(index).padStart(6, '0')}Z`,
    log: `${index} <&> ${'x'.repeat(index % 50)}`,
  }));
  await world.store.write(lines.map(({ log }, index) => entry(log, base + BigInt(index) * 1000n)));
  const query =
    'namespace=default&pod_name=web-0&container_name=web&start_time=2026-01-01T00:00:00Z&end_time=2026-02-01T00:00:00Z';
  const [status, body] = await text(`${url}/query?${query}`);
  assert.equal(status, 200);
  const rows = lines.map(({ time, log }) => ({ time: time.replace(/\.?0*Z$/, 'Z'), log }));
  const expected = JSON.stringify({ log_rows: rows }, undefined, 2)
    .replaceAll('<', '\\u003c')
    .replaceAll('&', '\\u0026')
    .replaceAll('>', '\\u003e');
  assert.equal(body, expected);
  const narrow = await stored(t, ['--query-range', '60']);
  assert.equal((await text(`${narrow.url}/query?${query}`))[0], 400);
});
