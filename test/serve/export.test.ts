import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import type { Entry } from '../../src/serve/store.ts';
import { StoreBusy, StoreNotReady } from '../../src/serve/store.ts';
import { snappyCompressor } from '../../src/ship/snappy.ts';
import { base, entry, stored } from './stored.ts';

const send = async (
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  query = '',
  headers: Record<string, string> = {},
) => {
  const answer = await fetch(`${url}/api/import${query}`, { method: 'POST', body, headers });
  return { status: answer.status, ...((await answer.json()) as { entries?: number; lines?: number; detail?: string }) };
};
const rows = async (url: string, query = '') => {
  const answer = await fetch(`${url}/api/export${query}`);
  assert.equal(answer.status, 200);
  return (await answer.text()).split('\n').slice(0, -1);
};
/** Rows without what is the store's own. */
const plain = (all: readonly string[]) => all.map((row) => ({ ...(JSON.parse(row) as object), cursor: undefined }));

const word = fc.string({ unit: 'grapheme', maxLength: 5 });
const labels = fc.dictionary(fc.stringMatching(/^[a-z._/-]{1,8}$/), fc.string({ minLength: 1, maxLength: 4 }), {
  maxKeys: 2,
  noNullPrototype: true,
});
const some: fc.Arbitrary<Entry[]> = fc.array(
  fc.record({
    namespace: word,
    pod: word,
    container: word,
    stream: fc.constantFrom('stdout', 'stderr', ''),
    host: word,
    podId: word,
    dockerId: word,
    labels,
    metadata: labels,
    time: fc.bigInt({ min: base, max: base + 5n }),
    log: fc.string({ unit: 'grapheme', maxLength: 20 }),
  }),
  { maxLength: 30 },
);

test('C-12: what is exported and imported elsewhere is the same, once or twice', async (t) => {
  await fc.assert(
    fc.asyncProperty(some, async (entries) => {
      const [here, there] = [await stored(t), await stored(t)];
      await here.world.store.write(entries);
      const exported = await rows(here.url);
      for (let round = 0; round < 2; round += 1) {
        assert.deepEqual(await send(there.url, exported.map((row) => `${row}\n`).join('')), {
          status: 200,
          entries: exported.length,
          lines: exported.length,
        });
        assert.deepEqual(
          plain(await rows(there.url))
            .map((row) => JSON.stringify(row))
            .toSorted(),
          plain(exported)
            .map((row) => JSON.stringify(row))
            .toSorted(),
        );
      }
    }),
    { numRuns: 8 },
  );
});

test('equal lines of one instant are all kept, also where pieces of a body end', async (t) => {
  const [here, there] = [await stored(t), await stored(t)];
  const lines = Array.from({ length: 5000 }, (_, index) => entry('same', base + BigInt(Math.floor(index / 3000))));
  await here.world.store.write(lines);
  const exported = await rows(here.url);
  assert.equal(exported.length, 5000);
  for (let round = 0; round < 2; round += 1) await send(there.url, exported.join('\n'));
  assert.equal((await rows(there.url)).length, 5000);
});

test('gzip, as a file and on the way', async (t) => {
  const { url, world } = await stored(t);
  await world.store.write([entry('a', base), entry('b', base + 1n, { pod: 'x' })]);
  const file = await fetch(`${url}/api/export?format=gzip`);
  assert.equal(file.headers.get('content-type'), 'application/gzip');
  const bytes = Buffer.from(await file.arrayBuffer());
  assert.equal(gunzipSync(bytes).toString(), `${(await rows(url)).join('\n')}\n`);
  const other = await stored(t);
  const headers = { 'content-encoding': 'gzip' };
  assert.equal((await send(other.url, new Uint8Array(bytes), '', headers)).entries, 2);
  assert.equal((await send(other.url, new Uint8Array(gzipSync('')), '', headers)).entries, 0);
  assert.equal((await rows(other.url, '?pod=x')).length, 1);
});

test('an export goes on behind a row, and leaves out what is not asked for', async (t) => {
  const { url, world } = await stored(t);
  await world.store.write(Array.from({ length: 10 }, (_, index) => entry(`${index}`, base + BigInt(index))));
  const all = await rows(url);
  const { cursor } = JSON.parse(all[3] ?? '') as { cursor: string };
  assert.deepEqual(await rows(url, `?after=${cursor}`), all.slice(4));
  assert.deepEqual(await rows(url, '?q=2+or+4'), [all[2], all[4]]);
  assert.deepEqual(await rows(url, '?to=2026-01-02T03:04:05.000000001Z'), all.slice(0, 2));
  assert.equal((await fetch(`${url}/api/export?limit=1`)).status, 400);
});

test('an import that stops says where to go on', async (t) => {
  const { url, world } = await stored(t);
  const row = (index: number) =>
    JSON.stringify({ time: `2026-01-02T03:04:05.${String(index).padStart(6, '0')}Z`, log: `${index}` });
  const lines = Array.from({ length: 6000 }, (_, index) => row(index));
  const broken = [...lines.slice(0, 5000), '{"time":"10:00","log":"x"}', ...lines.slice(5000)];
  const first = await send(url, broken.join('\n'));
  assert.equal(first.status, 400);
  assert.match(
    first.detail ?? '',
    /^line 5001 time is not an RFC 3339 time; lines up to 4000 are stored: go on with skip=4000$/,
  );
  assert.equal((await rows(url)).length, 4000);
  assert.deepEqual(await send(url, lines.join('\n'), '?skip=4000'), { status: 200, entries: 2000, lines: 6000 });
  assert.equal((await rows(url)).length, 6000);
  for (const [body, what] of [
    ['x', /line 1 is no JSON/],
    ['\n[]', /line 2 is not an object/],
    ['{"time":"2026-01-02T03:04:05Z"}', /log is not a text/],
    ['{"time":"2026-01-02T03:04:05Z","log":"","pod":1}', /pod is not a text/],
    ['{"time":"2026-01-02T03:04:05Z","log":"","labels":{"a":1}}', /labels are not/],
  ] as const)
    assert.match((await send(url, body)).detail ?? '', what);
  assert.equal((await rows(url)).length, 6000);
  world.store.write = () => Promise.reject(new StoreNotReady('it comes'));
  assert.deepEqual(await send(url, row(0)), {
    status: 503,
    message: 'data store is not ready',
    detail: 'it comes; lines up to 0 are stored: go on with skip=0',
    lines: 0,
  });
  let busy = 3;
  world.store.write = () => (busy-- > 0 ? Promise.reject(new StoreBusy('full')) : Promise.resolve());
  assert.equal((await send(url, row(0))).status, 200);
  world.store.write = () => Promise.reject(new Error('disk full'));
  assert.equal((await send(url, row(0))).status, 500);
});

test('a line is bounded', async (t) => {
  const { url } = await stored(t, ['--body-limit', '10000']);
  const long = JSON.stringify({ time: '2026-01-02T03:04:05Z', log: 'x'.repeat(200_000) });
  const { status, detail } = await send(url, long);
  assert.equal(status, 400);
  assert.match(detail ?? '', /line 1 has more than 10000 bytes/);
  // The body as a whole may be longer.
  const rowsOf = Array.from({ length: 1000 }, (_, index) =>
    JSON.stringify({ time: '2026-01-02T03:04:05Z', log: `${index}` }),
  );
  assert.equal((await send(url, rowsOf.join('\n'))).entries, 1000);
});

test('a body of Snappy, which has no pieces, is bounded by what it says that it will be', async (t) => {
  const { url } = await stored(t, ['--body-limit', '10000']);
  const zip = (count: number) => {
    const all = Array.from({ length: count }, (_, index) => `{"time":"2026-01-02T03:04:05Z","log":"${index}"}`);
    return new Uint8Array(snappyCompressor()(Buffer.from(all.join('\n'))));
  };
  const post = (count: number) =>
    fetch(`${url}/api/import`, { method: 'POST', body: zip(count), headers: { 'content-encoding': 'snappy' } });
  assert.equal((await post(100)).status, 200);
  const refused = await post(400);
  assert.ok(zip(400).length < 10_000);
  assert.deepEqual([refused.status, await refused.text()], [413, 'body is greater than 10000 bytes\n']);
});
