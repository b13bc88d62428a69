import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { Check } from './conformance-suite.ts';
import { logs, record, rows } from './records.ts';

/** What is written, and what is refused. */
export function checkWrites(check: Check): void {
  check('B-01 health', async ({ strict }) => {
    const { status, headers, text } = await strict.ask('/write');
    assert.deepEqual(
      [status, headers['content-type'], text],
      [200, 'application/json', '{"healthy":true,"detail":""}'],
    );
  });

  check('B-01, B-06 a store that can not be used', async ({ fresh }) => {
    const sides = await fresh();
    assert.deepEqual(await sides.post([record('b06')]), [200, '']);
    for (const store of sides.stores) await store.close();
    const { status, text } = await sides.ask('/write');
    assert.deepEqual([status, text], [503, '{"healthy":false,"detail":"the store is closed"}']);
    assert.equal((await sides.ask('/livez')).status, 200);
    assert.deepEqual(await sides.post([record('b06')]), [
      500,
      '{"message":"failed to store entries","detail":"the store is closed"}',
    ]);
    const range = 'start_time=2018-01-01T00:00:00Z&end_time=2019-01-01T00:00:00Z';
    const query = await sides.ask(`/query?namespace=default&pod_name=b06&container_name=web&${range}`);
    assert.deepEqual(
      [query.status, query.text],
      [500, '{"message":"query execution error","detail":"the store is closed"}'],
    );
  });

  check('B-02 writes', async ({ strict }) => {
    assert.deepEqual(await strict.post([record('b02')]), [200, '']);
    for (const body of ['[]', 'null']) assert.deepEqual(await strict.post(body), [200, '']);
    assert.deepEqual(await logs(strict, 'b02'), ['hello']);
  });

  check('B-03 what is no batch', async ({ strict }) => {
    for (const body of ['', 'illegal', '{"a":1}', '[1]', '"x"', '[{"log":1}]', '[{"kubernetes":[]}]']) {
      const [status, text] = await strict.post(body);
      assert.equal(status, 400, body);
      assert.match(text, /^\{"message":"failed to parse request","detail":".+"\}$/);
    }
  });

  check('B-04 the first fault wins and nothing is stored', async ({ strict }) => {
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
      assert.deepEqual(await strict.post([record('b04'), broken(...keys), {}]), [
        400,
        `{"message":"invalid log entry","detail":"log entry missing ${word} field"}`,
      ]);
    // The whole is parsed before an entry is looked at.
    const [status, text] = await strict.post([broken('time'), { ...record('b04'), time: '10:00' }]);
    assert.equal(status, 400);
    assert.match(text, /^\{"message":"failed to parse request"/);
    assert.deepEqual(await rows(strict, 'b04'), []);
  });

  check('B-05 further keys are ignored, wrong types are not', async ({ strict }) => {
    const { date: _, ...undated } = record('b05');
    const { labels: __, ...unlabelled } = undated.kubernetes;
    assert.equal((await strict.post([{ ...undated, kubernetes: unlabelled, _p: 'F', more: { a: 1 } }]))[0], 200);
    const wrongs = [{ time: '10:00' }, { time: '2018-02-30T00:00:00Z' }, { log: { a: 1 } }, { date: 'x' }];
    // A time that no 64 bits of nanoseconds hold is none.
    for (const wrong of [...wrongs, { time: '2300-01-01T00:00:00Z' }, { time: '1600-01-01T00:00:00Z' }]) {
      const [status, text] = await strict.post([{ ...record('b05'), ...wrong }]);
      assert.equal(status, 400);
      assert.match(text, /^\{"message":"failed to parse request"/);
    }
    assert.deepEqual(await logs(strict, 'b05'), ['hello']);
  });

  check('B-16 what is written in batches over time is read back, the same number and in order', async ({ strict }) => {
    const begin = Date.parse('2018-06-01T23:59:00Z');
    const time = (step: number) => new Date(begin + step * 10_000).toISOString();
    const numbers = (length: number) => Array.from({ length }, (_, index) => index);
    for (const step of numbers(12)) {
      const batch = numbers(100).map((index) => record('b16', time(step), `${step} ${index}`));
      assert.deepEqual(await strict.post(batch), [200, '']);
    }
    const found = await rows(strict, 'b16', `&start_time=${time(0)}&end_time=${time(11)}`);
    assert.deepEqual(
      found.map(({ log }) => log),
      numbers(1200).map((index) => `${Math.floor(index / 100)} ${index % 100}`),
    );
  });

  check('B-17, B-18 a thousand lines of one millisecond, sent twice', async ({ strict }) => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index % 990}`);
    const batch = lines.map((line) => record('b17', '2018-05-03T12:00:00.001Z', line));
    const zipped = gzipSync(JSON.stringify(batch));
    for (let round = 0; round < 2; round += 1)
      assert.deepEqual(await strict.post(zipped, { 'content-encoding': 'gzip' }), [200, '']);
    assert.deepEqual(await logs(strict, 'b17'), lines);
  });

  check('B-17, B-18 a clock that goes back changes neither the order nor what is there', async ({ t, strict }) => {
    const now = Date.now();
    t.mock.timers.enable({ apis: ['Date'], now });
    const at = (log: string) => [record('clock', '2018-05-03T12:00:00Z', log)];
    for (const log of ['first', 'second']) await strict.post(at(log));
    t.mock.timers.setTime(now - 3_600_000);
    for (const log of ['third', 'first', 'fourth']) assert.deepEqual(await strict.post(at(log)), [200, '']);
    t.mock.timers.reset();
    await strict.post(at('fifth'));
    assert.deepEqual(await logs(strict, 'clock'), ['first', 'second', 'third', 'fourth', 'fifth']);
  });

  check('B-20 what is sent is bounded: bodies, also those that grow, entries, lines', async ({ strict }) => {
    assert.equal((await strict.post('x'.repeat(500_001)))[0], 413);
    assert.equal((await strict.post(gzipSync('x'.repeat(2_000_000)), { 'content-encoding': 'gzip' }))[0], 413);
    assert.equal((await strict.post('x', { 'content-encoding': 'gzip' }))[0], 400);
    assert.equal((await strict.post('x', { 'content-encoding': 'rot13' }))[0], 415);
    const many = Array.from({ length: 1501 }, () => record('b20'));
    assert.deepEqual(await strict.post(gzipSync(JSON.stringify(many)), { 'content-encoding': 'gzip' }), [
      413,
      '{"message":"too many entries","detail":"1501 entries in one request; the limit is 1500"}',
    ]);
    assert.deepEqual(await strict.post([record('b20'), record('b20', undefined, 'x'.repeat(100_001))]), [
      400,
      '{"message":"invalid log entry","detail":"log has 100001 bytes; the limit is 100000"}',
    ]);
    assert.deepEqual(await logs(strict, 'b20'), []);
  });
}
