import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { chunks, createPace, lines, readList, Refusal, refusalOf, toEvent } from '../../src/kubernetes/list-watch.ts';
import { toPod } from '../../src/kubernetes/to-pod.ts';
import { makePod } from '../support/pods.ts';

const pods = { name: 'pods', read: toPod };

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let from = 0, i = 0; from < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

async function all(parts: AsyncIterable<Buffer>): Promise<string[]> {
  const found: string[] = [];
  for await (const part of parts) found.push(part.toString());
  return found;
}

test('lines come whole, however the bytes arrive, also within a character', async () => {
  const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''));
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(line), sizes, async (texts, sizes) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
      const found = await all(lines(cut(bytes, sizes), 1000));
      assert.deepEqual(
        found,
        texts.map((text) => Buffer.from(text).toString()),
      );
    }),
  );
});

test('a line may be as long as the limit and no longer, with or without its end', async () => {
  const read = (text: string) => all(lines(cut(Buffer.from(text), [3]), 10));
  assert.deepEqual(await read('0123456789\n01'), ['0123456789', '01']);
  await assert.rejects(read('01234567890\n'), /longer than 10 bytes/);
  await assert.rejects(read('a\n01234567890'), /longer than 10 bytes/);
});

test('an event tells its pod and version; a bookmark is no pod; an ERROR and anything else fails', () => {
  const event = (type: string, object: unknown) => toEvent(Buffer.from(JSON.stringify({ type, object })), pods);
  const { metadata, ...rest } = makePod({ name: 'a', uid: 'u' });
  const object = { ...rest, metadata: { ...metadata, resourceVersion: '7' } };
  const { type, item, resourceVersion } = event('MODIFIED', object);
  assert.deepEqual([type, item?.uid, resourceVersion], ['MODIFIED', 'u', '7']);
  assert.deepEqual(event('BOOKMARK', object), { type: 'BOOKMARK', item: undefined, resourceVersion: '7' });
  assert.throws(
    () => event('ERROR', { code: 410 }),
    (error) => error instanceof Refusal && error.code === 410,
  );
  for (const odd of ['', 'null', '[]', '7', '{"type":"ADDED"}', '{"type":"ADDED","object":null}'])
    assert.throws(() => toEvent(Buffer.from(odd), pods), /the answer is no|a line of the watch is no event/, odd);
});

test('only a complete list is a list', async () => {
  const read = (value: unknown) => readList(cut(Buffer.from(JSON.stringify(value)), [100]), pods);
  const metadata = { resourceVersion: '7' };
  assert.deepEqual(await read({ metadata, items: [] }), { items: new Map(), resourceVersion: '7' });
  assert.deepEqual(
    [...(await read({ metadata, items: [makePod({ name: 'a', uid: 'u' }), {}, 7] })).items.keys()],
    ['u'],
  );
  for (const odd of [{}, { metadata }, { items: [] }, { metadata: { ...metadata, continue: 'x' }, items: [] }, []])
    await assert.rejects(read(odd), /no complete list/);
});

test('Retry-After is heard of an overloaded or failing server, within bounds', () => {
  const wait = (statusCode: number, after?: string) =>
    refusalOf({ statusCode, headers: { 'retry-after': after } } as IncomingMessage, 'list', pods)?.retryAfter;
  assert.deepEqual([wait(429, '7'), wait(503, '7'), wait(404, '7'), wait(503)], [7000, 7000, 0, 0]);
  assert.deepEqual([wait(503, 'soon'), wait(503, '-1'), wait(503, '1e9')], [0, 0, 300_000]);
  assert.equal(refusalOf({ statusCode: 200, headers: {} } as IncomingMessage, 'list', pods), undefined);
});

test('two requests at once, then one in each gap, whatever was waited before', () => {
  let now = 5000;
  const pace = createPace(1000, () => now);
  const request = () => {
    const wait = pace();
    now += wait;
    return wait;
  };
  assert.deepEqual([request(), request(), request(), request()], [0, 0, 1000, 1000]);
  now += 60_000;
  assert.deepEqual([request(), request(), request()], [0, 0, 1000]);
});

test('a body that goes on talking is heard to its end, however long that takes', async () => {
  const body = new PassThrough();
  let bytes = 0;
  const heard = all(chunks(body as unknown as IncomingMessage, 500, (more) => (bytes += more)));
  for (let i = 0; i < 14; i += 1) {
    body.write('x');
    await sleep(50);
  }
  body.end();
  assert.equal((await heard).join(''), 'x'.repeat(14));
  assert.equal(bytes, 14);
});
