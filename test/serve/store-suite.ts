import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry, Query, Store } from '../../src/serve/store.ts';

export const base = 1_525_349_097_094_408_152n;

export function entry(log: string, more: Partial<Entry> = {}): Entry {
  const names = { namespace: 'default', pod: 'web-0', container: 'web' };
  return { ...names, time: base, log, stream: 'stdout', podId: 'p', dockerId: 'd', host: 'n', labels: {}, ...more };
}

export const all: Query = { namespace: 'default', pod: 'web-0', container: 'web', from: 0n, to: 2n ** 62n };

export async function logs(store: Store, query: Query = all): Promise<string[]> {
  const found: string[] = [];
  for await (const { log } of store.read(query)) found.push(log);
  return found;
}

/** What every store has to do; `open` gives an empty one that the caller cleans up. */
export function storeSuite(name: string, open: () => Store): void {
  const check = (title: string, work: (store: Store) => Promise<void>) =>
    void test(`${name}: ${title}`, async () => {
      const store = open();
      try {
        await work(store);
      } finally {
        await store.close();
      }
    });

  check('B-17: 2,500 lines of one instant come back in order, over several pages', async (store) => {
    const lines = Array.from({ length: 2500 }, (_, index) => `line ${index}`);
    await store.write(lines.map((line) => entry(line)));
    assert.deepEqual(await logs(store), lines);
  });

  check('B-18: a batch that is sent again is stored once, its equal lines are all kept', async (store) => {
    const batch = [entry('a'), entry('a'), entry('b', { time: base + 1n }), entry('a', { stream: 'stderr' })];
    await store.write(batch);
    await store.write(batch);
    assert.deepEqual(await logs(store), ['a', 'a', 'a', 'b']);
  });

  check('two copies of a batch that are sent at once are stored once', async (store) => {
    const batch = [entry('a'), entry('b')];
    await Promise.all([store.write(batch), store.write(batch)]);
    assert.deepEqual(await logs(store), ['a', 'b']);
  });

  check('B-09: both ends belong to a query, and nanoseconds count', async (store) => {
    await store.write([-1n, 0n, 1n, 2n].map((step) => entry(String(step), { time: base + step })));
    assert.deepEqual(await logs(store, { ...all, from: base, to: base + 1n }), ['0', '1']);
  });

  check('other containers do not match', async (store) => {
    await store.write([
      entry('a'),
      entry('b', { container: 'x' }),
      entry('c', { pod: 'x' }),
      entry('d', { namespace: 'x' }),
    ]);
    assert.deepEqual(await logs(store), ['a']);
    assert.deepEqual(await logs(store, { ...all, namespace: 'none' }), []);
  });

  check('C-08: any text comes back as it was sent', async (store) => {
    const texts = ['–“', '', 'a\0b', 'two\nlines', '\u0093', '😀'];
    await store.write(texts.map((text) => entry(text)));
    assert.deepEqual(await logs(store), texts);
  });

  check('a closed store fails, and never seems empty', async (store) => {
    const closed = open();
    await closed.close();
    await assert.rejects(logs(closed));
    await assert.rejects(closed.check());
    await assert.rejects(closed.write([entry('a')]));
    await store.check();
  });
}
