import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createServeMetrics } from '../../src/serve/metrics.ts';
import { createServe } from '../../src/serve/serve.ts';
import { serveSettings } from '../../src/serve/settings.ts';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { StoreBusy, type Store } from '../../src/serve/store.ts';
import { silent } from '../../src/system/log.ts';

const directory = mkdtempSync(join(tmpdir(), 'serve-'));
const servers: (() => Promise<void>)[] = [];

async function start(store: Store, skipInvalid = false): Promise<string> {
  const argv = ['--body-limit=10000', `--invalid-entries=${skipInvalid ? 'skip' : 'reject'}`];
  const now = () => BigInt(Date.now()) * 1_000_000n;
  const world = { store, values: serveSettings({ argv, env: {} }), metrics: createServeMetrics(), log: silent, now };
  const server = createServe(world, new AbortController().signal);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(async () => {
    server.closeAllConnections();
    server.close();
    await store.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let strict = '';
let lenient = '';
before(async () => {
  strict = await start(await openSqlite({ directory: join(directory, 'a'), queue: 1000 }));
  lenient = await start(await openSqlite({ directory: join(directory, 'b'), queue: 1000 }), true);
});
after(async () => {
  for (const close of servers) await close();
  rmSync(directory, { recursive: true });
});

function record(pod: string, time = '2018-05-03T12:04:57.094408152Z', log = 'hello') {
  const names = { namespace_name: 'default', pod_name: pod, container_name: 'web' };
  const kubernetes = { ...names, pod_id: 'id', host: 'n', docker_id: 'd', labels: { app: 'web' } };
  return { log, stream: 'stdout', time, kubernetes, date: 1_525_349_097.094408 };
}
async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const bytes = typeof body === 'string' ? body : body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body);
  const answer = await fetch(`${url}/write`, { method: 'POST', body: bytes, headers });
  return [answer.status, await answer.text()] as const;
}
const whole = '&start_time=2018-01-01T00:00:00Z&end_time=2019-01-01T00:00:00Z';
async function ask(url: string, query: string) {
  const answer = await fetch(`${url}/query?${query}`);
  return [answer.status, await answer.text()] as const;
}
const of = (pod: string, range = whole) => `namespace=default&pod_name=${pod}&container_name=web${range}`;
async function rows(url: string, pod: string, range = whole) {
  const [status, text] = await ask(url, of(pod, range));
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { log_rows: { time: string; log: string }[] }).log_rows;
}

test('B-01 health', async () => {
  const answer = await fetch(`${strict}/write`);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.deepEqual([answer.status, await answer.text()], [200, '{"healthy":true,"detail":""}']);
});

test('B-02 writes, F-01, F-07: arrays, lines, objects one behind the other by lines, gzip', async () => {
  assert.deepEqual(await post(strict, [record('b02')]), [200, '']);
  for (const body of ['[]', 'null']) assert.deepEqual(await post(strict, body), [200, '']);
  const lines = `${JSON.stringify(record('b02', '2018-05-03T13:00:00Z', '1'))}\n${JSON.stringify(record('b02', '2018-05-03T13:00:00Z', '2'))}\n`;
  assert.deepEqual(await post(strict, lines), [200, '']);
  const zipped = gzipSync(JSON.stringify([record('b02', '2018-05-03T14:00:00Z', '3')]));
  assert.deepEqual(await post(strict, zipped, { 'content-encoding': 'gzip' }), [200, '']);
  assert.deepEqual(
    (await rows(strict, 'b02')).map(({ log }) => log),
    ['hello', '1', '2', '3'],
  );
});

test('B-03 what is no batch', async () => {
  for (const body of ['', 'illegal', '{"a":1}', '[1]', '"x"']) {
    const [status, text] = await post(strict, body);
    assert.equal(status, 400, body);
    assert.match(text, /^\{"message":"failed to parse request","detail":".+"\}$/);
  }
});

test('B-04 the first fault wins and nothing is stored', async () => {
  for (const [key, word] of [
    ['namespace_name', 'namespace'],
    ['pod_name', 'pod_name'],
    ['container_name', 'container_name'],
    ['time', 'time'],
  ] as const) {
    const broken = record('b04');
    if (key === 'time') broken.time = '';
    else broken.kubernetes[key] = '';
    assert.deepEqual(await post(strict, [record('b04'), broken]), [
      400,
      `{"message":"invalid log entry","detail":"log entry missing ${word} field"}`,
    ]);
  }
  assert.deepEqual(await rows(strict, 'b04'), []);
});

test('B-05, F-02 further keys are ignored, wrong types are not', async () => {
  const { date: _, ...undated } = record('b05');
  assert.equal((await post(strict, [{ ...undated, _p: 'F', more: { a: 1 } }]))[0], 200);
  for (const wrong of [{ time: '10:00' }, { time: '2018-02-30T00:00:00Z' }, { log: { a: 1 } }, { date: 'x' }]) {
    const [status, text] = await post(strict, [{ ...record('b05'), ...wrong }]);
    assert.equal(status, 400);
    assert.match(text, /^\{"message":"failed to parse request"/);
  }
});

test('B-06 a store that fails, and one that is busy', async () => {
  const broken = await start({
    write: (entries) => Promise.reject(entries.length > 1 ? new StoreBusy('full') : new Error('no')),
    // eslint-disable-next-line require-yield
    async *search() {
      throw new Error('no');
    },
    count: () => Promise.reject(new Error('no')),
    series: () => Promise.reject(new Error('no')),
    extent: () => Promise.reject(new Error('no')),
    check: () => Promise.reject(new Error('gone')),
    close: () => Promise.resolve(),
  });
  assert.deepEqual(await post(broken, [record('x')]), [500, '{"message":"failed to store entries","detail":"no"}']);
  assert.deepEqual(await ask(broken, of('x')), [500, '{"message":"query execution error","detail":"no"}']);
  const health = await fetch(`${broken}/write`);
  assert.deepEqual([health.status, await health.text()], [503, '{"healthy":false,"detail":"gone"}']);
  const busy = await fetch(`${broken}/write`, { method: 'POST', body: JSON.stringify([record('x'), record('y')]) });
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [429, '1']);
});

test('B-07, B-10 rows, byte for byte', async () => {
  await post(strict, [record('b07', '2018-05-03T12:00:00.100Z', '<b> & "c"'), record('b07', '2018-05-03T12:00:00Z')]);
  assert.deepEqual(await ask(strict, of('b07')), [
    200,
    `{
  "log_rows": [
    {
      "time": "2018-05-03T12:00:00Z",
      "log": "hello"
    },
    {
      "time": "2018-05-03T12:00:00.1Z",
      "log": "\\u003cb\\u003e \\u0026 \\"c\\""
    }
  ]
}`,
  ]);
  assert.deepEqual(await ask(strict, of('none')), [200, '{\n  "log_rows": []\n}']);
  await post(strict, [record('b10')]);
  assert.equal(
    (await rows(strict, 'b10', '&start_time=2018-01-01T00:00:00Z'))[0]?.time,
    '2018-05-03T12:04:57.094408152Z',
  );
});

test('B-08 wrong queries', async () => {
  const bad = async (query: string, detail: string) => {
    const [status, text] = await ask(strict, query);
    assert.equal(status, 400);
    assert.ok(text.startsWith(`{"message":"invalid query","detail":"${detail}`), text);
  };
  await bad('', 'missing query parameter: namespace');
  await bad('namespace=a&pod_name=', 'missing query parameter: pod_name');
  await bad('namespace=a&pod_name=b', 'missing query parameter: container_name');
  await bad('namespace=a&pod_name=b&container_name=c', 'missing query parameter: start_time');
  await bad('namespace=a&namespace=b', 'query parameter namespace has wrong number of values: was: 2, expected: 1');
  await bad(of('a', '&start_time=x'), 'failed to parse start_time');
  await bad(of('a', '&start_time=2018-01-01T00:00:00Z&end_time='), 'failed to parse end_time');
  const same = '2018-01-01T00:00:00Z';
  await bad(
    of('a', `&start_time=${same}&end_time=${same}`),
    'query time-interval: start_time must be earlier than end_time',
  );
});

test('B-09 midnights, B-19 offsets', async () => {
  const times = ['2018-05-02T23:59:00Z', '2018-05-03T00:01:00Z', '2018-05-04T00:00:00Z', '2018-05-05T00:01:00Z'];
  await post(
    strict,
    times.map((time) => record('b09', time, time)),
  );
  const found = await rows(strict, 'b09', `&start_time=${times[0]}&end_time=${times[3]}`);
  assert.deepEqual(
    found.map(({ time }) => time),
    times,
  );
  await post(strict, [record('b19', '2018-05-03T00:30:00+02:00')]);
  const day = '&start_time=2018-05-02T00:00:00Z&end_time=2018-05-02T23:59:59Z';
  assert.equal((await rows(strict, 'b19', day))[0]?.time, '2018-05-02T22:30:00Z');
});

test('B-11 methods and paths', async () => {
  const put = await fetch(`${strict}/write`, { method: 'PUT' });
  assert.deepEqual([put.status, await put.text(), put.headers.get('allow')], [405, '', 'GET, HEAD, POST']);
  for (const path of ['/x', '/write/', '/']) {
    const answer = await fetch(`${strict}${path}`);
    assert.deepEqual([answer.status, await answer.text()], [404, '404 page not found\n']);
  }
  const head = await fetch(`${strict}/write`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
});

test('B-12 metrics by route', async () => {
  await (await fetch(`${strict}/metrics`)).text();
  await (await fetch(`${strict}/a-path-of-a-stranger`)).text();
  const text = await (await fetch(`${strict}/metrics`)).text();
  assert.match(text, /^total_requests\{method="GET",path="\/metrics",statusCode="200"\} 1$/m);
  assert.match(text, /^sum_response_time\{/m);
  assert.match(text, /^avg_response_time\{/m);
  assert.doesNotMatch(text, /stranger/);
});

test('B-20 bodies are bounded, also those that grow', async () => {
  assert.equal((await post(strict, 'x'.repeat(10_001)))[0], 413);
  assert.equal((await post(strict, gzipSync('x'.repeat(1_000_000)), { 'content-encoding': 'gzip' }))[0], 413);
  assert.equal((await post(strict, 'x', { 'content-encoding': 'gzip' }))[0], 400);
  assert.equal((await post(strict, 'x', { 'content-encoding': 'rot13' }))[0], 415);
});

test('F-03, F-04, F-05: with skip, what can be stored is', async () => {
  const merged = { ...record('f05'), time: '10:00', log: { a: 1 } };
  const { kubernetes: _, ...homeless } = record('f05');
  assert.deepEqual(await post(lenient, [merged, homeless, 7]), [200, '']);
  assert.deepEqual(await rows(lenient, 'f05'), [{ time: '2018-05-03T12:04:57.094408Z', log: '{"a":1}' }]);
});
