import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { readBatch } from '../../src/serve/write/batch.ts';
import { StoreNotReady } from '../../src/serve/store.ts';
import { snappyCompressor } from '../../src/ship/snappy.ts';
import { memoryStore, serving } from './serving.ts';

const kubernetes = {
  namespace_name: 'default',
  pod_name: 'web-0',
  container_name: 'web',
  pod_id: 'u',
  docker_id: 'd',
  host: 'n',
  labels: { app: 'web' },
};
const record = {
  log: 'hello',
  stream: 'stdout',
  time: '2018-05-03T12:04:57.094408152Z',
  date: 1_525_349_097.094408,
  kubernetes,
};
const entry = {
  namespace: 'default',
  pod: 'web-0',
  container: 'web',
  podId: 'u',
  dockerId: 'd',
  host: 'n',
  labels: { app: 'web' },
  log: 'hello',
  stream: 'stdout',
  time: 1_525_349_097_094_408_152n,
  metadata: {},
};

async function writing(t: TestContext, argv: readonly string[] = [], store = memoryStore()) {
  const { url, world } = await serving(t, store, argv);
  const write = async (body: string | Buffer | object, headers: Record<string, string> = {}) => {
    const bytes =
      typeof body === 'string' ? body : body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body);
    const answer = await fetch(`${url}/write`, { method: 'POST', body: bytes, headers });
    return [answer.status, await answer.text()] as const;
  };
  const skipped = async () => {
    const text = await world.metrics.registry.getSingleMetricAsString('logwatch_serve_skipped_entries_total');
    return Object.fromEntries(
      [...text.matchAll(/reason="(\w+)"\} (\d+)/g)].map(([, reason, count]) => [reason, Number(count)]),
    );
  };
  return { write, store, skipped, taken: () => store.entries.splice(0) };
}

const skip = '--invalid-entries=skip';
const id = '0123456789abcdef'.repeat(4);
const containerTag = `kube.var.log.containers.web-0_default_web-${id}.log`;

test('F-01, F-07: one record, an array, records on lines, records behind each other', async (t) => {
  const { write, taken } = await writing(t);
  const one = JSON.stringify(record);
  for (const [body, count] of [
    [one, 1],
    [`[${one},${one}]`, 2],
    [`${one}\n${one}\n`, 2],
    [`${one}\r\n\r\n${one}`, 2],
    [`${one}${one}${one}`, 3],
    [`${one} ${one}`, 2],
    [JSON.stringify(record, undefined, 2).repeat(2), 2],
    [JSON.stringify({ ...record, log: '}{"\\' }).repeat(2), 2],
  ] as const) {
    assert.deepEqual(await write(body), [200, ''], body);
    assert.equal(taken().length, count, body);
  }
});

test('F-07: gzip, deflate, zstd and snappy', async (t) => {
  const { write, taken } = await writing(t);
  const raw = Buffer.from(JSON.stringify([record]));
  for (const [encoding, body] of [
    ['gzip', gzipSync(raw)],
    ['deflate', deflateSync(raw)],
    ['zstd', zstdCompressSync(raw)],
    ['snappy', Buffer.from(snappyCompressor()(raw))],
  ] as const) {
    assert.deepEqual(await write(body, { 'content-encoding': encoding }), [200, ''], encoding);
    assert.deepEqual(taken(), [entry], encoding);
    assert.equal((await write(raw, { 'content-encoding': encoding }))[0], 400, encoding);
    assert.equal((await write(body.subarray(0, body.length - 10), { 'content-encoding': encoding }))[0], 400, encoding);
  }
  assert.deepEqual(taken(), []);
});

test('F-04: without the key kubernetes the tag tells the pod, else its own name', async (t) => {
  const { write, taken, skipped } = await writing(t, [skip]);
  const { kubernetes: _, ...homeless } = record;
  const names = { namespace: 'default', pod: 'web-0', container: 'web', dockerId: id, podId: '', host: '', labels: {} };
  assert.deepEqual(await write([homeless], { 'fluent-tag': containerTag }), [200, '']);
  assert.deepEqual(taken(), [{ ...entry, ...names }]);
  await write([homeless], { 'fluent-tag': 'systemd.kubelet' });
  const none = { namespace: '', pod: '', container: '', dockerId: '', podId: '', host: '' };
  assert.deepEqual(taken(), [{ ...entry, ...none, labels: { tag: 'systemd.kubelet' } }]);
  assert.deepEqual(await write([homeless, record]), [200, '']);
  assert.deepEqual(taken(), [entry]);
  assert.deepEqual(await skipped(), { namespace: 1 });
});

test('F-05: what the application has overwritten', async (t) => {
  const { write, taken } = await writing(t, [skip]);
  const micros = 1_525_349_097_094_408_000n;
  const { log: _, ...silent } = record;
  for (const [sent, stored] of [
    [{ ...record, time: '10:00' }, { time: micros }],
    [{ ...record, time: 7 }, { time: micros }],
    [{ ...record, log: { a: 1 } }, { log: '{"a":1}' }],
    [{ ...record, stream: { a: 1 } }, { stream: '' }],
    [{ ...silent, level: 'info', _p: 'F' }, { log: '{"level":"info"}' }],
    [{ ...record, time: undefined, date: '2018-05-03T12:04:57.094408Z' }, { time: micros }],
    [{ ...record, time: undefined, date: '2018-05-03 12:04:57.094408' }, { time: micros }],
    [{ ...record, time: undefined, date: 1_525_349_097 }, { time: 1_525_349_097_000_000_000n }],
    [{ ...record, time: undefined, date: 1_525_349_097_094 }, { time: 1_525_349_097_094_000_000n }],
  ] as const) {
    assert.deepEqual(await write([sent]), [200, '']);
    assert.deepEqual(taken(), [{ ...entry, ...stored }]);
  }
});

test("F-06: a runtime's line that nobody has parsed", async (t) => {
  const { write, taken } = await writing(t, [skip]);
  const log = '2018-05-03T12:04:57.094408152Z stderr F hello';
  assert.deepEqual(await write([{ date: 1, log, kubernetes }]), [200, '']);
  assert.deepEqual(taken(), [{ ...entry, stream: 'stderr' }]);
});

test('F-03: with skip only what can not be stored is left out, and counted by what was wrong', async (t) => {
  const { write, taken, skipped } = await writing(t, [skip]);
  const { container_name: _, ...contained } = kubernetes;
  const wrong = [7, 'x', [], { ...record, kubernetes: contained }, { ...record, time: '', date: 'x' }];
  assert.deepEqual(await write([...wrong, record]), [200, '']);
  assert.deepEqual(await write(`${JSON.stringify(record)}\n{"log":"cut off`), [200, '']);
  assert.deepEqual(taken(), [entry, entry]);
  assert.deepEqual(await skipped(), { form: 4, container_name: 1, time: 1 });
  assert.equal((await write('garbage'))[0], 400);
});

test('what is nested too deeply is an entry that can not be stored', async (t) => {
  const { write, taken } = await writing(t, [skip, '--line-limit=10000000']);
  const deep = `{"date":1,"log":${'['.repeat(200_000)}${']'.repeat(200_000)},"kubernetes":${JSON.stringify(kubernetes)}}`;
  assert.deepEqual(await write(`[${deep},${JSON.stringify(record)}]`), [200, '']);
  assert.deepEqual(taken().at(-1), entry);
  const strict = await writing(t);
  assert.equal((await strict.write(`[${deep}]`))[0], 400);
});

test('our own shipper, whose names are flat; its nanoseconds survive', async (t) => {
  const body =
    '[{"date":1525349097.094408152,"node":"n","namespace":"default","pod":"web-0","container":"web","pod_uid":"u",' +
    '"container_id":"d","app":"web","stream":"stdout","path":"/a","log":"hello"}]';
  for (const argv of [[], [skip]]) {
    const { write, taken } = await writing(t, argv);
    assert.deepEqual(await write(body), [200, '']);
    assert.deepEqual(taken(), [{ ...entry, metadata: { path: '/a' } }]);
  }
});

test('B-20: entries of a request and bytes of a line are bounded', async (t) => {
  const { write, taken } = await writing(t, ['--entries-limit=2', '--line-limit=5']);
  assert.deepEqual(await write([record, record, record]), [
    413,
    '{"message":"too many entries","detail":"3 entries in one request; the limit is 2"}',
  ]);
  assert.deepEqual(await write([record, { ...record, log: 'hello!' }]), [
    400,
    '{"message":"invalid log entry","detail":"log has 6 bytes; the limit is 5"}',
  ]);
  assert.deepEqual(taken(), []);
  const lenient = await writing(t, ['--line-limit=5', skip]);
  assert.deepEqual(await lenient.write([{ ...record, log: 'hell–o' }]), [200, '']);
  assert.deepEqual(lenient.taken(), [{ ...entry, log: 'hell' }]);
});

test('B-06: a store that is not there yet', async (t) => {
  const store = memoryStore({ write: () => Promise.reject(new StoreNotReady('no host')) });
  const { write } = await writing(t, [], store);
  assert.deepEqual(await write([record]), [503, '{"message":"data store is not ready","detail":"no host"}']);
});

test('any JSON and any text: entries or a fault, never an error', () => {
  const limits = { entries: 1000, line: 100 };
  const value = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record(
        {
          log: fc.jsonValue(),
          time: fc.oneof(fc.constant(record.time), fc.jsonValue()),
          date: fc.oneof(fc.double(), fc.jsonValue()),
          kubernetes: fc.oneof(
            fc.constant(kubernetes),
            fc.record({ labels: fc.jsonValue(), pod_name: fc.jsonValue() }),
            fc.jsonValue(),
          ),
          namespace: fc.jsonValue(),
          pod: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((one) => JSON.stringify([one])),
  );
  fc.assert(
    fc.property(
      value,
      fc.boolean(),
      fc.option(fc.constantFrom('x', containerTag), { nil: undefined }),
      (text, lenient, tag) => {
        const read = readBatch(text, { lenient, tag }, limits);
        if ('message' in read) return;
        for (const one of read.entries) {
          assert.equal(typeof one.time, 'bigint');
          for (const key of ['log', 'stream', 'namespace', 'pod', 'container', 'host'] as const)
            assert.equal(typeof one[key], 'string');
          for (const label of Object.values(one.labels)) assert.equal(typeof label, 'string');
        }
      },
    ),
    { numRuns: 1500 },
  );
});
