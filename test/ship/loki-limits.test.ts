// Loki's limits and errors, as Loki 3.1 has them: the fake keeps them, and ship lives with them.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Destination } from '../../src/ship/destination.ts';
import loki from '../../src/ship/sinks/loki.ts';
import { makeDestination, makeRecord, makeReport, makeSource } from '../support/destinations.ts';
import { startLoki, type LokiOptions } from '../support/loki.ts';

async function lokiFor(t: TestContext, options: LokiOptions = {}) {
  const server = await startLoki(options);
  t.after(() => server.close());
  return Object.assign(server, { lines: () => server.entries.map(({ line }) => line) });
}

async function both(t: TestContext, changes: Partial<Destination> = {}, options: LokiOptions = {}) {
  const server = await lokiFor(t, options);
  const { report, told } = makeReport();
  const destination = makeDestination({ url: server.url, ...changes });
  const sink = loki.open(destination, { report, stdout: process.stdout, env: {}, version: '1' });
  t.after(() => sink.close());
  const send = async (...records: ReturnType<typeof makeRecord>[]) => {
    const batch = sink.batch();
    for (const record of records) batch.add(record);
    await sink.send(batch, AbortSignal.timeout(60_000));
  };
  return { server, told, send, lines: server.lines };
}

test('P-01 to P-05: what the fake takes and refuses, and in which words', async (t) => {
  const { url, entries } = await lokiFor(t, { tenant: 'a' });
  const ns = `${BigInt(Date.now()) * 1_000_000n}`;
  const push = async (body: string | Buffer, headers: Record<string, string> = {}, method = 'POST') => {
    const all = { 'content-type': 'application/json', 'x-scope-orgid': 'a', ...headers };
    const response = await fetch(url, { method, headers: all, ...(method === 'POST' && { body }) });
    return `${response.status} ${await response.text()}`;
  };
  const json = (values: unknown[], stream: object = { a: 'b' }) => JSON.stringify({ streams: [{ stream, values }] });
  assert.equal(await push(json([[ns, 'line']])), '204 ');
  assert.equal(await push(json([[ns, 'other', { trace_id: 'a' }]])), '204 ');
  assert.deepEqual(
    entries.map(({ line, metadata }) => [line, metadata]),
    [
      ['line', {}],
      ['other', { trace_id: 'a' }],
    ],
  );
  assert.equal(await push(json([[ns, 'x']]), { 'x-scope-orgid': 'b' }), '401 no org id');
  assert.equal(await push(json([[ns, 'x']], {})), '400 error at least one label pair is required per stream');
  for (const body of [json([[Number(ns), 'x']]), 'garbage', '', json([[ns, 'x']], { 'a-b': 'c' })])
    assert.match(await push(body), /^400 ./);
  assert.match(await push(json([[ns, 'x', { number: 1 }]])), /^400 ./);
  assert.equal(await push('{"streams":[]}'), '204 ');
  assert.equal(await push(gzipSync(json([[ns, 'zipped']])), { 'content-encoding': 'gzip' }), '204 ');
  assert.match(await push(json([[ns, 'x']]), { 'content-encoding': 'br' }), /^400 ./);
  for (const type of ['application/x-protobuf', 'text/plain'])
    assert.equal(await push(json([[ns, 'x']]), { 'content-type': type }), '400 snappy: corrupt input');
  assert.match(await push('', {}, 'GET'), /^405/);
  assert.equal(entries.length, 3);
});

for (const encoding of ['protobuf', 'json']) {
  test(`${encoding}: P-03, P-04: a missing tenant costs nothing, and labels are always legal and never none`, async (t) => {
    const { server, told, send } = await both(t, { encoding, labels: [], externalLabels: {}, metadata: [] });
    await send(makeRecord('a'));
    const strange = { labels: ['a-b', '9'], externalLabels: { 'c.d': 'e', long: 'ä'.repeat(3000) } };
    const odd = await both(t, { encoding, ...strange, metadata: [] });
    await odd.send(makeRecord('b', { source: makeSource('/a', { 'a-b': '1', '9': '2' }) }));
    assert.deepEqual(Object.keys(server.entries[0]?.labels ?? {}), ['job']);
    const { long, ...labels } = odd.server.entries[0]?.labels ?? {};
    assert.deepEqual(labels, { a_b: '1', _9: '2', c_d: 'e' });
    assert.match(long ?? '', /^ä+$/);
    assert.deepEqual([told.dropped, odd.told.dropped], [[], []]);
    const other = await both(t, { encoding, backoff: { least: 1, most: 2, retries: 3 } }, { tenant: 'team' });
    await other.send(makeRecord('c'));
    assert.deepEqual(other.told.retried, ['http-401', 'http-401', 'http-401']);
  });

  test(`${encoding}: P-06, P-07: of times that are refused only these are given up, and nothing is sent again`, async (t) => {
    const { server, told, send, lines } = await both(t, { encoding }, { past: true });
    const now = Math.floor(Date.now() / 1000);
    await send(makeRecord('good', { seconds: now }), makeRecord('old', { seconds: now - 8 * 86_400 }));
    await send(makeRecord('new', { seconds: now + 1200 }), makeRecord('fine', { seconds: now + 1 }));
    await send(makeRecord('behind', { seconds: now - 4000 }), makeRecord('late', { seconds: now - 600 }));
    assert.deepEqual(lines(), ['good', 'fine', 'late']);
    assert.equal(server.requests.length, 3);
    assert.deepEqual(told.dropped, [
      ['time', 1],
      ['time', 1],
      ['time', 1],
    ]);
    const old = Array.from({ length: 40 }, (_, i) => makeRecord(`${i}`, { seconds: now - 8 * 86_400 }));
    await send(...old, makeRecord('too new', { seconds: now + 3600 }), makeRecord('last', { seconds: now + 2 }));
    assert.deepEqual([lines().at(-1), told.dropped.at(-1)], ['last', ['time', 41]]);
  });

  test(`${encoding}: P-07: what the ingester says of many entries is counted, however long the message`, async (t) => {
    const { server, told, send } = await both(t, { encoding });
    const at = '2026-11-21 09:25:03.583 +0000 UTC';
    const ignored = `entry with timestamp ${at} ignored, reason: 'entry too far behind, entry timestamp is: ${at}',\n`;
    const body = `${ignored.repeat(10)}user 'errs', total ignored: 23 out of 30 for stream: {a="b"}`;
    server.faults.push({ status: 400, body });
    await send(...Array.from({ length: 30 }, (_, nanos) => makeRecord('x', { nanos })));
    assert.deepEqual([told.dropped, server.requests.length], [[['time', 23]], 1]);
  });

  test(`${encoding}: P-08: pushes over the limits of a push are split until they fit, none is lost`, async (t) => {
    const { server, told, send, lines } = await both(t, { encoding, batchSize: 1e9 });
    const texts = Array.from({ length: 80 }, (_, i) => `${i} `.padEnd(100_000, 'x'));
    await send(...texts.map((text, nanos) => makeRecord(text, { nanos })));
    assert.deepEqual(lines(), texts);
    const statuses = new Set(server.requests.map(({ status }) => status));
    assert.deepEqual([statuses.has(429), told.dropped], [true, []]);
    assert.ok(server.requests.filter(({ status }) => status === 204).every(({ raw }) => raw <= 4 * 1024 * 1024));
  });

  test(`${encoding}: P-09: a line that is too long is given up alone; metadata keeps within its limits`, async (t) => {
    const attributes = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, 'v'.repeat(5000)]));
    const { told, send, lines, server } = await both(t, { encoding, metadata: Object.keys(attributes) });
    const source = makeSource('/a', attributes);
    const record = (text: string, nanos: number) => makeRecord(text, { source, nanos });
    await send(record('a', 1), record('x'.repeat(262_145), 2), record('b', 3), record('y'.repeat(262_144), 4));
    assert.deepEqual(
      lines()
        .map((line) => line.slice(0, 1))
        .toSorted(),
      ['a', 'b', 'y'],
    );
    assert.deepEqual(told.dropped, [['line-too-long', 1]]);
    assert.equal(server.requests.length, 1);
    assert.ok(Object.keys(server.entries[0]?.metadata ?? {}).length > 10);
  });

  test(`${encoding}: metadata=* is all that is no label, that of its stream`, async (t) => {
    const { send, server } = await both(t, { encoding, labels: ['namespace', 'node'], metadata: ['*'] });
    const source = makeSource('/a', { namespace: 'n', team: 'pay', 'a.b/c': 'd', none: '' });
    await send(makeRecord('out', { source, nanos: 1 }), makeRecord('err', { source, nanos: 2, stream: 1 }));
    for (const { labels, line, metadata } of server.entries) {
      assert.deepEqual(labels, { namespace: 'n', node: 'node-1' });
      assert.deepEqual(metadata, { a_b_c: 'd', path: '/a', stream: `std${line}`, team: 'pay' });
    }
    assert.equal(server.entries.length, 2);
  });

  test(`${encoding}: P-10: what comes again is stored once; another text of the same time is kept`, async (t) => {
    const { server, send, lines } = await both(t, { encoding });
    server.faults.push('reset-after-storing');
    await send(makeRecord('a'), makeRecord('b'));
    await send(makeRecord('a'), makeRecord('c'));
    assert.deepEqual([lines(), server.stored], [['a', 'b', 'c'], 6]);
  });
}
