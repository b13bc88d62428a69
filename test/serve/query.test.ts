import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, entry, stored } from './stored.ts';

const text = async (url: string) => {
  const answer = await fetch(url);
  return [answer.status, await answer.text()] as const;
};

test('C-06: a key is found by the name that a push of it has, and both in one order', async (t) => {
  const { url, world } = await stored(t);
  const given = { 'k8s-app': 'kube-dns' };
  const pushed = { k8s_app: 'kube-dns' };
  await world.store.write([
    entry('2', base + 2n, { labels: pushed }),
    entry('1', base + 1n, { labels: given }),
    entry('4', base + 4n, { labels: pushed }),
    entry('3', base + 3n, { labels: { ...given, ...pushed } }),
    entry('other', base, { labels: { k8s_app: 'web' } }),
  ]);
  assert.deepEqual(await text(`${url}/logs/k8s-app/kube-dns`), [200, '["1","2","3","4"]']);
  assert.deepEqual(await text(`${url}/logs/k8s_app/kube-dns`), [200, '["2","3","4"]']);
  assert.deepEqual(await text(`${url}/logs/k8s-app/web`), [200, '["other"]']);
  assert.deepEqual(await text(`${url}/logs/k8s-app/nope`), [404, '']);
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
