import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Entry } from '../../src/serve/store.ts';
import { until } from '../support/program.ts';
import { listen as hear } from './listening.ts';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { serving } from './serving.ts';
import { entry, stored } from './stored.ts';

const second = 1_000_000_000n;

const listen = (t: TestContext, url: string, query = '', id?: string) => hear(t, url, `late=1m&${query}`, id);

async function start(t: TestContext) {
  const { url, world, end } = await stored(t);
  const begin = world.now();
  const write = (...all: (readonly [log: string, ago: number, more?: Partial<Entry>])[]) =>
    world.store.write(
      all.map(([log, ago, more]) => entry(log, begin - BigInt(Math.round(ago * 1000)) * 1_000_000n, more)),
    );
  return { url, world, end, write };
}

test('what comes in is told; what was there is not', async (t) => {
  const { url, write } = await start(t);
  await write(['before', 3], ['long before', 600]);
  const client = await listen(t, url, 'pod=web-0');
  assert.equal(client.answer.headers.get('content-type'), 'text/event-stream');
  await client.began();
  await write(['a', 0], ['another pod', 0, { pod: 'x' }]);
  await client.hears('a');
  await write(['b', -1], ['late', 2], ['far too late', 600]);
  await until('both', () => client.logs().length === 3);
  assert.deepEqual(client.logs().toSorted(), ['a', 'b', 'late']);
  const since = await listen(t, url, 'from=5m');
  await since.hears('before', 'late', 'a', 'another pod', 'b');
});

test('filters hold, and what is wrong is told', async (t) => {
  const { url, write } = await start(t);
  const client = await listen(t, url, 'q=rror+and+not+timeout&match=app%3Dweb');
  await client.began();
  const more = { labels: { app: 'web' } };
  await write(
    ['error 1', 3, more],
    ['error timeout', 2, more],
    ['error 2', 1],
    ['fine', 0, more],
    ['error 3', 0, more],
  );
  await client.hears('error 1', 'error 3');
  const wrong = await fetch(`${url}/api/follow?limit=5&late=1h&from=x`, { headers: { 'last-event-id': 'x' } });
  assert.equal(wrong.status, 400);
  const { problems } = (await wrong.json()) as { problems: { parameter: string }[] };
  assert.deepEqual(problems.map(({ parameter }) => parameter).toSorted(), ['Last-Event-ID', 'from', 'late', 'limit']);
});

test('who comes back gets what it missed, and nothing twice', async (t) => {
  const { url, write } = await start(t);
  const first = await listen(t, url, 'from=2m');
  // In several looks, so that what was told before is met again.
  await write(['a', 5], ['b', 4]);
  await first.hears('a', 'b');
  await write(['c', 3]);
  await first.hears('a', 'b', 'c');
  await write(['d', 3]);
  await first.hears('a', 'b', 'c', 'd');
  first.leave();
  await write(['e', 2], ['f', 1]);
  for (const { id, log } of first.events) {
    const again = await listen(t, url, '', id);
    const all = ['a', 'b', 'c', 'd', 'e', 'f'];
    await again.hears(...all.slice(all.indexOf(log) + 1));
    again.leave();
  }
});

test('who comes back gets one line that came in late meanwhile; after more of them some are told again', async (t) => {
  const { url, write } = await start(t);
  const first = await listen(t, url, 'from=2m');
  await write(['a', 6], ['b', 4], ['c', 2]);
  await first.hears('a', 'b', 'c');
  first.leave();
  const id = first.heard.last;
  await write(['late 1', 5], ['new', 0]);
  const second = await listen(t, url, '', id);
  await second.hears('late 1', 'new');
  second.leave();
  await write(['late 2', 3]);
  const third = await listen(t, url, `last_event_id=${encodeURIComponent(id)}`);
  await until('the new line', () => third.logs().includes('new'));
  assert.deepEqual(third.logs(), ['a', 'late 1', 'b', 'late 2', 'c', 'new']);
  // By its cursor a client knows what it has.
  const had = new Set(first.events.map(({ cursor }) => cursor));
  assert.deepEqual(
    third.events.filter(({ cursor }) => !had.has(cursor)).map(({ log }) => log),
    ['late 1', 'late 2', 'new'],
  );
});

test('who comes back before anything was told misses nothing', async (t) => {
  const { url, write } = await start(t);
  await write(['before', 1]);
  const first = await listen(t, url);
  await first.began();
  first.leave();
  await write(['a', 2], ['b', 0]);
  const again = await listen(t, url, '', first.heard.last);
  await again.hears('a', 'b');
});

test('what comes in after the clock was set back is told, and what was there at that time is not', async (t) => {
  const hour = 3600n * second;
  const directory = mkdtempSync(join(tmpdir(), 'follow-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const clock = { time: BigInt(Date.now()) * 1_000_000n };
  const store = await openSqlite({ directory, queue: 100_000 });
  const { url, world } = await serving(t, store, [], { now: () => clock.time });
  const post = async (log: string, time: bigint) => {
    const values = [[String(time), log]];
    const body = JSON.stringify({ streams: [{ stream: { pod: 'web-0' }, values }] });
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${url}/loki/api/v1/push`, { method: 'POST', headers, body });
    assert.equal(status, 204);
  };
  const old = clock.time - hour;
  await world.store.write([entry('was there', old - 1n), entry('was there too', old + second)]);
  const client = await listen(t, url);
  await client.began();
  await post('before', clock.time);
  await client.hears('before');
  clock.time = old;
  await post('a', old);
  await client.hears('before', 'a');
  await post('far too late', old - 120n * second);
  clock.time += second;
  await post('b', clock.time);
  await client.hears('before', 'a', 'b');
  client.leave();
  clock.time += second;
  await post('c', clock.time);
  const again = await listen(t, url, '', client.heard.last);
  await again.hears('c');
  clock.time += 2n * hour;
  await post('d', clock.time);
  await again.hears('c', 'd');
});

test('who comes back to a server that began after the clock was set back hears what comes in', async (t) => {
  const { url, world } = await stored(t);
  const first = await listen(t, url);
  await first.began();
  first.leave();
  await until('the end of it', () => first.heard.ended);
  const clock = world.now() - 3600n * second;
  const later = await serving(t, world.store, [], { now: () => clock });
  const again = await listen(t, later.url, '', first.heard.last);
  await again.began();
  const values = [[String(clock), 'a']];
  await fetch(`${later.url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams: [{ stream: { pod: 'web-0' }, values }] }),
  });
  await again.hears('a');
});

test('a client that takes its time gets all, in order', async (t) => {
  const { url, world } = await start(t);
  const now = world.now();
  const count = 30_000;
  for (let from = 0; from < count; from += 5000)
    await world.store.write(
      Array.from({ length: 5000 }, (_, index) =>
        entry(`${from + index} ${'x'.repeat(200)}`, now - 50n * second + BigInt(from + index)),
      ),
    );
  const answer = await fetch(`${url}/api/follow?from=5m`);
  const reader = (answer.body ?? assert.fail()).getReader();
  const found: number[] = [];
  let text = '';
  while (found.length < count) {
    const { value } = await reader.read();
    text += Buffer.from(value ?? []).toString('utf8');
    const end = text.lastIndexOf('\n\n');
    for (const [, line] of text.slice(0, end).matchAll(/"log":"(\d+) /g)) found.push(Number(line));
    text = text.slice(end);
  }
  await reader.cancel();
  assert.deepEqual(
    found,
    Array.from({ length: count }, (_, index) => index),
  );
});

test('it ends when the server does, and by a failure that is told', async (t) => {
  const { url, end, world, write } = await start(t);
  const client = await listen(t, url);
  await client.began();
  end.abort();
  await until('the end', () => client.heard.ended);
  const other = await start(t);
  const failing = await fetch(`${other.url}/api/follow`);
  other.world.store.search = () => assert.fail('the disk is gone');
  const text = await failing.text();
  assert.match(text, /event: problem\ndata: \{"message":"query execution error","detail":"the disk is gone"\}/);
  await write(['x', 0]);
  await world.store.check();
});
