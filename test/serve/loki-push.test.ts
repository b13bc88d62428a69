import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { readProto } from '../../src/serve/push/proto.ts';
import { parseLabels } from '../../src/serve/push/labels.ts';
import { StoreBusy, StoreNotReady } from '../../src/serve/store.ts';
import { snappyCompressor } from '../../src/ship/snappy.ts';
import { memoryStore, serving } from './serving.ts';

const field = (tag: number, body: Buffer | string): Buffer => {
  const bytes = Buffer.from(body);
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([(tag << 3) | 2, ...length, rest]), bytes]);
};
const varint = (tag: number, value: number): Buffer => {
  const bytes = [tag << 3];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
};
const time = field(1, Buffer.concat([varint(1, 1_525_349_097), varint(2, 94_408_152)]));
const pair = field(3, Buffer.concat([field(1, 'trace_id'), field(2, 'a')]));
const proto = (labels: string, ...lines: string[]) =>
  field(
    1,
    Buffer.concat([
      field(1, labels),
      ...lines.map((line) => field(2, Buffer.concat([time, field(2, line), pair]))),
      varint(3, 77),
    ]),
  );
const squeeze = (raw: Buffer) => Buffer.from(snappyCompressor()(raw));

async function pushing(t: TestContext, argv: readonly string[] = [], store = memoryStore()) {
  const { url } = await serving(t, store, argv);
  const push = async (body: string | Buffer | object, headers: Record<string, string> = {}) => {
    const bytes =
      typeof body === 'string' ? body : body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body);
    const type = body instanceof Buffer ? 'application/x-protobuf' : 'application/json';
    const answer = await fetch(`${url}/loki/api/v1/push`, {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': type, ...headers },
    });
    return [answer.status, await answer.text()] as const;
  };
  return { push, store, url };
}

const values = (...lines: string[]) => lines.map((line, i) => [String(1_525_349_097_094_408_152n + BigInt(i)), line]);
const entry = {
  namespace: 'default',
  pod: 'web-0',
  container: 'web',
  stream: 'stderr',
  host: 'n',
  podId: 'u',
  dockerId: '',
  labels: { app: 'web' },
  metadata: { path: '/a', trace_id: 'a' },
  time: 1_525_349_097_094_408_152n,
  log: 'hello',
};

test('P-01, P-02 JSON: labels become fields, what is beside the line too', async (t) => {
  const { push, store } = await pushing(t);
  const stream = { namespace: 'default', pod: 'web-0', container: 'web', stream: 'stderr', node: 'n', app: 'web' };
  const [[at, line] = []] = values('hello');
  const value = [at, line, { pod_uid: 'u', path: '/a', trace_id: 'a' }];
  assert.deepEqual(await push({ streams: [{ stream, values: [value] }] }), [204, '']);
  assert.deepEqual(store.entries, [entry]);
});

test('Snappy and protobuf, also if the encoding is told', async (t) => {
  const { push, store } = await pushing(t);
  const body = proto(
    '{namespace="default", pod="web-0", container="web", stream="stderr", app="we\\u0062", host="n"}',
    'a',
    '–',
  );
  assert.deepEqual(await push(squeeze(body)), [204, '']);
  assert.deepEqual(await push(squeeze(body), { 'content-encoding': 'snappy' }), [204, '']);
  const expected = { ...entry, podId: '', metadata: { trace_id: 'a' } };
  assert.deepEqual(
    store.entries,
    ['a', '–', 'a', '–'].map((log) => ({ ...expected, log })),
  );
});

test('P-03 tenants are one, or a label', async (t) => {
  const { push, store } = await pushing(t, ['--tenant-label=tenant']);
  const body = { streams: [{ stream: { a: 'b' }, values: values('x') }] };
  assert.deepEqual(await push(body, { 'x-scope-orgid': 'one' }), [204, '']);
  assert.deepEqual(await push(body), [204, '']);
  assert.deepEqual(
    store.entries.map(({ labels }) => labels),
    [{ a: 'b', tenant: 'one' }, { a: 'b' }],
  );
});

test('P-04, P-05 what is no push is refused in words, and nothing of it is stored', async (t) => {
  const { push, store, url } = await pushing(t);
  const good = { stream: { a: 'b' }, values: values('x') };
  for (const [wrong, why] of [
    ['', /JSON/],
    ['garbage', /JSON/],
    ['[]', /./],
    [{ streams: {} }, /streams is no array/],
    [{ streams: [good, { stream: { a: 'b' }, values: [[1, 'x']] }] }, /time of a line/],
    [{ streams: [good, { stream: { a: 'b' }, values: [['99999999999999999999', 'x']] }] }, /time of a line/],
    [{ streams: [good, { stream: { a: 'b' }, values: [['9999999999999999999', 'x']] }] }, /out of range/],
    [{ streams: [good, { stream: { a: 'b' }, values: [['1', 7]] }] }, /line is no text/],
    [{ streams: [good, { stream: { a: 'b' }, values: [['1', 'x', { a: 1 }]] }] }, /structured metadata/],
    [{ streams: [good, { stream: { 'a-b': 'b' }, values: [] }] }, /parse error/],
    [{ streams: [good, { stream: { a: 1 }, values: [] }] }, /parse error/],
    [{ streams: [good, { stream: {}, values: [] }] }, /^error at least one label pair is required per stream\n$/],
    [Buffer.from('garbage'), /^snappy: corrupt input\n$/],
    [squeeze(Buffer.from('garbage')), /^proto: /],
    [squeeze(proto('{}', 'x')), /at least one label/],
    [squeeze(proto('{a=b}', 'x')), /parse error/],
  ] as const) {
    const [status, text] = await push(wrong);
    assert.equal(status, 400, JSON.stringify(wrong));
    assert.match(text, why);
  }
  assert.match((await push('{"streams":[]}', { 'content-type': 'text/plain' }))[1], /^snappy: corrupt/);
  assert.equal((await push('{"streams":[]}', { 'content-encoding': 'br' }))[0], 400);
  assert.deepEqual(await push({ streams: [] }), [204, '']);
  assert.deepEqual(
    await push(gzipSync('{"streams":[]}'), { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
    [204, ''],
  );
  const get = await fetch(`${url}/loki/api/v1/push`);
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST']);
  assert.deepEqual(store.entries, []);
});

test('P-07, P-09 a line that is too long is left out and told, the others are stored; or it is cut', async (t) => {
  const strict = await pushing(t, ['--line-limit=10']);
  const body = { streams: [{ stream: { a: 'b' }, values: values('short', 'long – too long') }] };
  const [status, text] = await strict.push(body);
  assert.deepEqual(
    [status, text],
    [400, "Max entry size '10' bytes exceeded while adding an entry with length '17' bytes\n"],
  );
  assert.deepEqual(
    strict.store.entries.map(({ log }) => log),
    ['short'],
  );
  const lenient = await pushing(t, ['--line-limit=7', '--invalid-entries=skip']);
  assert.deepEqual(await lenient.push(body), [204, '']);
  // No character is cut in two.
  assert.deepEqual(
    lenient.store.entries.map(({ log }) => log),
    ['short', 'long '],
  );
});

test('P-08 limits, and a store that is busy, not ready, or fails', async (t) => {
  const { push } = await pushing(t, ['--entries-limit=2', '--body-limit=1024']);
  const streams = (...lines: string[]) => ({ streams: [{ stream: { a: 'b' }, values: values(...lines) }] });
  assert.equal((await push(streams('1', '2')))[0], 204);
  assert.equal((await push(streams('1', '2', '3')))[0], 413);
  assert.equal((await push(squeeze(proto('{a="b"}', '1', '2', '3'))))[0], 413);
  assert.equal((await push(squeeze(proto('{a="b"}', 'x'.repeat(2000)))))[0], 413);
  for (const [error, expected] of [
    [new StoreBusy('full'), [429, 'too many entries are waiting: full\n', '1']],
    [new StoreNotReady('later'), [503, 'data store is not ready: later\n', '1']],
    [new Error('no'), [500, 'failed to store entries: no\n', null]],
  ] as const) {
    const { url } = await serving(t, memoryStore({ write: () => Promise.reject(error) }));
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/loki/api/v1/push`, {
      method: 'POST',
      headers,
      body: JSON.stringify(streams('1')),
    });
    assert.deepEqual([answer.status, await answer.text(), answer.headers.get('retry-after')], expected);
  }
});

test('labels as Go quotes them', () => {
  assert.deepEqual(parseLabels('{a="b",c = "d\\"\\n\\x41\\u0042\\U0001F600\\303\\251", e=`f\\`, }'), {
    a: 'b',
    c: 'd"\nAB😀é',
    e: 'f\\',
  });
  for (const wrong of [
    '',
    '{',
    '{a}',
    '{a=}',
    '{a="b"',
    '{a="b"}x',
    '{a="\\q"}',
    '{a="\\x4"}',
    '{a="b" c="d"}',
    '{1="b"}',
    '{}',
  ])
    assert.throws(() => parseLabels(wrong), /parse error|at least one/, wrong);
});

test('what is beside each line of a stream stays beside it', () => {
  const beside = (...pairs: [string, string][]) =>
    Buffer.concat(pairs.map(([name, value]) => field(3, Buffer.concat([field(1, name), field(2, value)]))));
  const all: [string, string][][] = [
    [['a', '1']],
    [['a', '1']],
    [['a', '2']],
    [],
    [['a', '2']],
    [
      ['a', '2'],
      ['b', '3'],
    ],
    [['b', '3']],
  ];
  const entries = all.map((pairs) => field(2, Buffer.concat([time, field(2, 'x'), beside(...pairs)])));
  const [stream] = readProto(field(1, Buffer.concat([field(1, '{a="b"}'), ...entries])), 10);
  assert.deepEqual(
    stream?.entries.map(({ metadata }) => metadata),
    all.map((pairs) => Object.fromEntries(pairs)),
  );
});

test('any bytes as protobuf: understood, or an error of ours, within the limit', () => {
  const good = proto('{a="b"}', 'one', 'two', 'three');
  const damaged = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 });
  fc.assert(
    fc.property(damaged, (places) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of places) bytes[at] = value;
      try {
        readProto(bytes, 10);
      } catch (error) {
        assert.equal((error as Error).constructor, Error, String(error));
        assert.match(
          (error as Error).message,
          /^proto|^parse error|^error at least|^stream|^labels|^the value|^structured/,
        );
      }
    }),
    { numRuns: 3000 },
  );
});
