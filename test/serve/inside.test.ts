import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openInside } from '../../src/serve/inside.ts';
import { stored } from './stored.ts';

test('the door inside takes a push with its token, and nothing else', async (t) => {
  const { world } = await stored(t);
  const inside = await openInside(world, new AbortController().signal);
  t.after(() => inside.close());
  const body = JSON.stringify({
    streams: [{ stream: { path: 'd/a.log' }, values: [['1767323046000000000', 'hello']] }],
  });
  const push = async (headers: Record<string, string>) => {
    const all = { 'content-type': 'application/json', ...headers };
    return (await fetch(inside.url, { method: 'POST', headers: all, body })).status;
  };
  assert.equal(await push({}), 401);
  assert.equal(await push({ authorization: 'Bearer other' }), 401);
  assert.equal((await fetch(new URL('/status', inside.url), { headers: inside.headers })).status, 404);
  const signal = new AbortController().signal;
  assert.equal((await world.store.extent(signal)).entries, 0);
  assert.equal(await push(inside.headers), 204);
  assert.equal((await world.store.extent(signal)).entries, 1);
  const other = await openInside(world, signal);
  t.after(() => other.close());
  assert.notDeepEqual(other.headers, inside.headers);
});
