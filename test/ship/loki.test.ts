import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import type { Destination } from '../../src/ship/destination.ts';
import loki from '../../src/ship/sinks/loki.ts';
import { snappyCompressor } from '../../src/ship/snappy.ts';
import { makeDestination, makeRecord, makeReport, makeSource } from '../support/destinations.ts';
import { startLoki, unsnappy, type LokiEntry } from '../support/loki.ts';

async function sinkOf(t: TestContext, changes: Partial<Destination> = {}, tenant?: string) {
  const server = await startLoki({ tenant });
  const { report, told } = makeReport();
  const destination = makeDestination({ url: server.url, ...changes });
  const sink = loki.open(destination, { report, stdout: process.stdout, env: {}, version: '1' });
  t.after(async () => {
    sink.close();
    await server.close();
  });
  const send = (texts: readonly string[], signal = new AbortController().signal) => {
    const batch = sink.batch();
    texts.forEach((text, i) => batch.add(makeRecord(text, { nanos: i })));
    return sink.send(batch, signal);
  };
  return { server, told, sink, send, lines: () => server.entries.map(({ line }) => line) };
}

const compress = snappyCompressor();
test('what Snappy compresses is the same again', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.array(fc.constantFrom(1, 2, 3), { maxLength: 5000 }));
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), fc.nat(400), (parts, times) => {
      const input = Buffer.concat([...parts.map((part) => Buffer.from(part)), Buffer.alloc(times * 300, 'repeated ')]);
      assert.ok(unsnappy(compress(input)).equals(input));
    }),
    { numRuns: 200 },
  );
});

for (const encoding of ['protobuf', 'json'])
  test(`${encoding}: any text, time, label and metadata arrives as it is`, async (t) => {
    const { server, sink } = await sinkOf(t, { encoding, tenant: 'team' }, 'team');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.nat(1), fc.nat(999_999_999), fc.nat(1_700_000_000)), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.string({ unit: 'grapheme' }),
        async (records, pod) => {
          server.entries.length = 0;
          const batch = sink.batch();
          const sources = [makeSource('/a', { namespace: 'n', pod }), makeSource('/b"\\\n', { namespace: 'm' })];
          const wanted = records.map(([text, which, nanos, seconds], i) => {
            const source = sources[which] ?? assert.fail();
            // The index makes each differ.
            const line = `${i} ${text.toWellFormed()}`;
            batch.add(makeRecord(line, { source, stream: which as 0 | 1, nanos, seconds }));
            const labels = { ...source.attributes, node: 'node-1', stream: which === 0 ? 'stdout' : 'stderr' };
            const kept = Object.entries(labels).filter(([, value]) => value !== '');
            const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
            return { labels: Object.fromEntries(kept), time, line, metadata: { path: source.path } };
          });
          await sink.send(batch, new AbortController().signal);
          const order = (all: readonly LokiEntry[]) => all.toSorted((a, b) => parseInt(a.line) - parseInt(b.line));
          const got = server.entries.filter(({ line }) => wanted.some((one) => one.line === line));
          assert.deepEqual(order(got), order(wanted));
        },
      ),
      { numRuns: 25 },
    );
  });

test('answers that pass are waited out: the same bytes again, each entry once', async (t) => {
  const { server, told, send, lines } = await sinkOf(t);
  server.faults.push({ status: 500 }, { status: 429 }, 'reset', 'reset-after-storing', {
    status: 401,
    body: 'no org id',
  });
  await send(['a', 'b']);
  assert.deepEqual(lines(), ['a', 'b']);
  assert.deepEqual(told.retried, ['http-500', 'http-429', 'no-answer', 'no-answer', 'http-401']);
  assert.equal(new Set(server.requests.map(({ bytes }) => bytes)).size, 1);
  assert.deepEqual(told.dropped, []);
});

test('a server that never answers is asked again', async (t) => {
  const connection = { url: '', headers: {}, timeout: 300 };
  const { server, sink } = await sinkOf(t);
  const { report, told } = makeReport();
  const impatient = loki.open(makeDestination({ connection: { ...connection, url: server.url } }), {
    report,
    stdout: process.stdout,
    env: {},
    version: '1',
  });
  server.faults.push('silence');
  const batch = impatient.batch();
  batch.add(makeRecord('a'));
  await impatient.send(batch, new AbortController().signal);
  assert.deepEqual([server.entries.length, new Set(told.retried)], [1, new Set(['no-answer'])]);
  impatient.close();
  sink.close();
});

test('Retry-After is waited for', async (t) => {
  const { server, send } = await sinkOf(t);
  server.faults.push({ status: 429, headers: { 'retry-after': '1' } });
  await send(['a']);
  const [first, second] = server.requests;
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 950);
});

test('413 is split; so is what is refused again and again for its size', async (t) => {
  const { server, send, told, lines } = await sinkOf(t);
  server.faults.push({ status: 413 });
  await send(['a', 'b', 'c']);
  assert.deepEqual(lines(), ['a', 'b', 'c']);
  server.burst = 3000;
  const long = ['x', 'y', 'z', 'w'].map((sign) => sign.repeat(1000));
  await send(long);
  assert.deepEqual(lines(), ['a', 'b', 'c', ...long]);
  assert.deepEqual(told.dropped, []);
});

test('what is refused is found and counted, and the rest arrives', async (t) => {
  const { server, send, told, lines } = await sinkOf(t);
  server.faults.push(
    { status: 400, body: 'parse error' },
    { status: 400, body: 'parse error' },
    { status: 400, body: 'parse error' },
  );
  await send(['a', 'b', 'c', 'd']);
  assert.deepEqual(lines(), ['b', 'c', 'd']);
  assert.deepEqual(told.dropped, [['http-400', 1]]);
});

test('of a time that Loki does not take the good entries are stored, and not sent again', async (t) => {
  const { server, sink, told, lines } = await sinkOf(t);
  const batch = sink.batch();
  batch.add(makeRecord('future', { seconds: 4_000_000_000 }));
  batch.add(makeRecord('good'));
  await sink.send(batch, new AbortController().signal);
  assert.deepEqual([lines(), server.requests.length, told.dropped], [['good'], 1, [['time', 1]]]);
});

test('an abort ends the trying', async (t) => {
  const { server, send } = await sinkOf(t);
  server.faults.push(...Array.from({ length: 100 }, () => ({ status: 500 })));
  const ended = new AbortController();
  const sending = send(['a'], ended.signal);
  setTimeout(() => ended.abort(new Error('over')), 20);
  await assert.rejects(sending);
});

test('labels are bounded and legal whatever a target says', async (t) => {
  const attributes = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`l-${i}`, 'ä'.repeat(3000)]));
  const { server, sink } = await sinkOf(t, { labels: Object.keys(attributes) });
  const batch = sink.batch();
  batch.add(makeRecord('a', { source: makeSource('/a', attributes) }));
  await sink.send(batch, new AbortController().signal);
  assert.equal(Object.keys(server.entries[0]?.labels ?? {}).length, 15);
});
