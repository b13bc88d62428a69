import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Store } from '../../src/serve/store.ts';
import { fluentBit } from './fluent-bit.ts';
import { serving } from './serving.ts';

export function record(pod: string, time = '2018-05-03T12:04:57.094408152Z', log = 'hello') {
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
const logs = async (url: string, pod: string) => (await rows(url, pod)).map(({ log }) => log);

/**
 * The API of an earlier log server, as its clients know it, in front of any store: bodies byte for byte. `open` gives an
 * empty store, which is closed here; the ids are those of the list of what was measured at that server.
 */
export function conformanceSuite(name: string, open: () => Promise<Store>): void {
  const check = (title: string, work: (url: string, lenient: string) => Promise<void>) =>
    void test(`${name}: ${title}`, () => work(strict, lenient));
  const ends: (() => void | Promise<void>)[] = [];
  let strict = '';
  let lenient = '';
  before(async () => {
    const holder = { after: (end: () => void) => void ends.push(end) } as unknown as Parameters<typeof serving>[0];
    strict = (await serving(holder, await open(), ['--body-limit=500000'])).url;
    lenient = (await serving(holder, await open(), ['--invalid-entries=skip'])).url;
  });
  after(async () => {
    for (const end of ends) await end();
  });

  check('B-01 health', async (url) => {
    const answer = await fetch(`${url}/write`);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.deepEqual([answer.status, await answer.text()], [200, '{"healthy":true,"detail":""}']);
  });

  check('B-02 writes, F-07 lines and gzip', async (url) => {
    assert.deepEqual(await post(url, [record('b02')]), [200, '']);
    for (const body of ['[]', 'null']) assert.deepEqual(await post(url, body), [200, '']);
    const lines = ['1', '2'].map((log) => `${JSON.stringify(record('b02', '2018-05-03T13:00:00Z', log))}\n`).join('');
    assert.deepEqual(await post(url, lines, { 'content-type': 'application/x-ndjson' }), [200, '']);
    const zipped = gzipSync(JSON.stringify([record('b02', '2018-05-03T14:00:00Z', '3')]));
    assert.deepEqual(await post(url, zipped, { 'content-encoding': 'gzip' }), [200, '']);
    assert.deepEqual(await logs(url, 'b02'), ['hello', '1', '2', '3']);
  });

  check('B-03 what is no batch', async (url) => {
    for (const body of ['', 'illegal', '{"a":1}', '[1]', '"x"', '[{"log":1}]', '[{"kubernetes":[]}]']) {
      const [status, text] = await post(url, body);
      assert.equal(status, 400, body);
      assert.match(text, /^\{"message":"failed to parse request","detail":".+"\}$/);
    }
  });

  check('B-04 the first fault wins and nothing is stored', async (url) => {
    const broken = (...keys: string[]) => {
      const one = record('b04');
      const kubernetes = Object.fromEntries(Object.entries(one.kubernetes).filter(([key]) => !keys.includes(key)));
      return { ...one, kubernetes, ...(keys.includes('time') && { time: '' }) };
    };
    for (const [keys, word] of [
      [['namespace_name', 'pod_name', 'container_name', 'time'], 'namespace'],
      [['pod_name', 'container_name', 'time'], 'pod_name'],
      [['container_name', 'time'], 'container_name'],
      [['time'], 'time'],
    ] as const)
      assert.deepEqual(await post(url, [record('b04'), broken(...keys), {}]), [
        400,
        `{"message":"invalid log entry","detail":"log entry missing ${word} field"}`,
      ]);
    // The whole is parsed before an entry is looked at.
    const [status, text] = await post(url, [broken('time'), { ...record('b04'), time: '10:00' }]);
    assert.equal(status, 400);
    assert.match(text, /^\{"message":"failed to parse request"/);
    assert.deepEqual(await rows(url, 'b04'), []);
  });

  check('B-05 further keys are ignored, wrong types are not', async (url) => {
    const { date: _, ...undated } = record('b05');
    const { labels: __, ...unlabelled } = undated.kubernetes;
    assert.equal((await post(url, [{ ...undated, kubernetes: unlabelled, _p: 'F', more: { a: 1 } }]))[0], 200);
    for (const wrong of [{ time: '10:00' }, { time: '2018-02-30T00:00:00Z' }, { log: { a: 1 } }, { date: 'x' }]) {
      const [status, text] = await post(url, [{ ...record('b05'), ...wrong }]);
      assert.equal(status, 400);
      assert.match(text, /^\{"message":"failed to parse request"/);
    }
    assert.deepEqual(await logs(url, 'b05'), ['hello']);
  });

  check('B-07, B-10 rows, byte for byte', async (url) => {
    await post(url, [record('b07', '2018-05-03T12:00:00.100Z', '<b> & "c"'), record('b07', '2018-05-03T12:00:00Z')]);
    assert.deepEqual(await ask(url, of('b07')), [
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
    assert.deepEqual(await ask(url, of('none')), [200, '{\n  "log_rows": []\n}']);
    await post(url, [record('b10')]);
    const [row] = await rows(url, 'b10', '&start_time=2018-01-01T00:00:00Z');
    assert.equal(row?.time, '2018-05-03T12:04:57.094408152Z');
  });

  check('B-08 wrong queries', async (url) => {
    const bad = async (query: string, detail: string) => {
      const [status, text] = await ask(url, query);
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
    const order = 'query time-interval: start_time must be earlier than end_time"}';
    await bad(of('a', `&start_time=${same}&end_time=${same}`), order);
  });

  check('B-09 midnights, B-19 offsets', async (url) => {
    const times = ['2018-05-02T23:59:00Z', '2018-05-03T00:01:00Z', '2018-05-04T00:00:00Z', '2018-05-05T00:01:00Z'];
    await post(
      url,
      times.map((time) => record('b09', time, time)),
    );
    for (let last = 1; last < times.length; last += 1) {
      const found = await rows(url, 'b09', `&start_time=${times[0]}&end_time=${times[last]}`);
      assert.deepEqual(
        found.map(({ time }) => time),
        times.slice(0, last + 1),
      );
    }
    await post(url, [record('b19', '2018-05-03T00:30:00+02:00')]);
    const day = '&start_time=2018-05-02T00:00:00Z&end_time=2018-05-02T23:59:59Z';
    assert.equal((await rows(url, 'b19', day))[0]?.time, '2018-05-02T22:30:00Z');
  });

  check('B-11 methods and paths', async (url) => {
    for (const method of ['PUT', 'DELETE']) {
      const answer = await fetch(`${url}/write`, { method });
      assert.deepEqual([answer.status, await answer.text(), answer.headers.get('allow')], [405, '', 'GET, HEAD, POST']);
    }
    const posted = await fetch(`${url}/query`, { method: 'POST', body: '' });
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
    for (const path of ['/x', '/write/', '/query/']) {
      const answer = await fetch(`${url}${path}`);
      assert.deepEqual([answer.status, await answer.text()], [404, '404 page not found\n']);
    }
    const head = await fetch(`${url}/write`, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
  });

  check('B-12 metrics by route', async (url) => {
    await (await fetch(`${url}/metrics`)).text();
    await (await fetch(`${url}/a-path-of-a-stranger`)).text();
    const answer = await fetch(`${url}/metrics`);
    const text = await answer.text();
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
    assert.match(text, /^total_requests\{method="GET",path="\/metrics",statusCode="200"\} 1$/m);
    assert.match(text, /^sum_response_time\{method="GET",path="\/metrics",statusCode="200"\} [\d.e-]+$/m);
    assert.match(text, /^avg_response_time\{/m);
    assert.doesNotMatch(text, /stranger/);
  });

  check('B-16 what is written in batches over time is read back, the same number and in order', async (url) => {
    const begin = Date.parse('2018-06-01T23:59:00Z');
    const time = (step: number) => new Date(begin + step * 10_000).toISOString();
    for (let step = 0; step < 12; step += 1) {
      const line = (index: number) => record('b16', time(step), `${step} ${index}`);
      assert.deepEqual(
        await post(
          url,
          Array.from({ length: 100 }, (_, index) => line(index)),
        ),
        [200, ''],
      );
    }
    const found = await rows(url, 'b16', `&start_time=${time(0)}&end_time=${time(11)}`);
    const expected = Array.from({ length: 1200 }, (_, index) => `${Math.floor(index / 100)} ${index % 100}`);
    assert.deepEqual(
      found.map(({ log }) => log),
      expected,
    );
  });

  check('B-17, B-18 a thousand lines of one millisecond, sent twice', async (url) => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index % 990}`);
    const batch = lines.map((line) => record('b17', '2018-05-03T12:00:00.001Z', line));
    const zipped = gzipSync(JSON.stringify(batch));
    for (let round = 0; round < 2; round += 1)
      assert.deepEqual(await post(url, zipped, { 'content-encoding': 'gzip' }), [200, '']);
    assert.deepEqual(await logs(url, 'b17'), lines);
  });

  check('B-20 bodies are bounded, also those that grow', async (url) => {
    assert.equal((await post(url, 'x'.repeat(500_001)))[0], 413);
    assert.equal((await post(url, gzipSync('x'.repeat(2_000_000)), { 'content-encoding': 'gzip' }))[0], 413);
    assert.equal((await post(url, 'x', { 'content-encoding': 'gzip' }))[0], 400);
    assert.equal((await post(url, 'x', { 'content-encoding': 'rot13' }))[0], 415);
  });

  check('F-01, F-02 what Fluent Bit sends today, as it was recorded', async (url, lenient) => {
    for (const one of [url, lenient]) {
      assert.deepEqual(await post(one, fluentBit.usual, { 'content-type': 'application/json' }), [200, '']);
      assert.deepEqual(await logs(one, 'cri-1'), ['one', 'two']);
    }
  });

  check('F-03, F-04, F-05, F-06 what would lose a whole chunk, and what is left of it', async (url, lenient) => {
    for (const [body, pod, expected] of [
      [fluentBit.homeless, 'none', []],
      [fluentBit.merged, 'merged', ['{"a":1}', '{"level":"info","message":"x"}', 'fine']],
      [fluentBit.raw, 'raw', ['first', 'second']],
    ] as const) {
      assert.equal((await post(url, body))[0], 400);
      assert.deepEqual(await logs(url, pod), []);
      assert.deepEqual(await post(lenient, body), [200, '']);
      assert.deepEqual(await logs(lenient, pod), expected);
    }
    const tag = `kube.var.log.containers.tagged_default_web-${'0'.repeat(64)}.log`;
    assert.deepEqual(await post(lenient, fluentBit.homeless, { 'fluent-tag': tag }), [200, '']);
    assert.deepEqual(await logs(lenient, 'tagged'), ['who am I']);
  });
}
