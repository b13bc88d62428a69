import assert from 'node:assert/strict';
import type { Check } from './conformance-suite.ts';
import { of, record, rows } from './records.ts';

/** What an earlier log server answered, byte for byte. */
export function checkAnswers(check: Check): void {
  check('B-07, B-10 rows, byte for byte', async ({ strict }) => {
    await strict.post([record('b07', '2018-05-03T12:00:00.100Z', '<b> & "c"'), record('b07', '2018-05-03T12:00:00Z')]);
    const { status, headers, text } = await strict.ask(`/query?${of('b07')}`);
    assert.deepEqual([status, headers['content-type']], [200, 'application/json']);
    assert.equal(
      text,
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
    );
    const none = await strict.ask(`/query?${of('none')}`);
    assert.deepEqual([none.status, none.text], [200, '{\n  "log_rows": []\n}']);
    await strict.post([record('b10')]);
    const [row] = await rows(strict, 'b10', '&start_time=2018-01-01T00:00:00Z');
    assert.equal(row?.time, '2018-05-03T12:04:57.094408152Z');
  });

  check('B-08 wrong queries', async ({ strict }) => {
    const bad = async (query: string, detail: string) => {
      const { status, text } = await strict.ask(`/query?${query}`);
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

  check('B-09 midnights, B-19 offsets', async ({ strict }) => {
    const times = ['2018-05-02T23:59:00Z', '2018-05-03T00:01:00Z', '2018-05-04T00:00:00Z', '2018-05-05T00:01:00Z'];
    const ends = times.flatMap((time) => [time, time.replace('00Z', '59.999999999Z')]);
    await strict.post(ends.map((time) => record('b09', time, time)));
    for (let last = 1; last < ends.length; last += 1) {
      const found = await rows(strict, 'b09', `&start_time=${ends[0]}&end_time=${ends[last]}`);
      assert.deepEqual(
        found.map(({ time }) => time),
        ends.slice(0, last + 1),
      );
    }
    // The first time of Go, and what is written for ever.
    const ever = await rows(strict, 'b09', '&start_time=0001-01-01T00:00:00Z&end_time=9999-12-31T23:59:59Z');
    assert.equal(ever.length, ends.length);
    await strict.post([record('b19', '2018-05-03T00:30:00+02:00')]);
    const day = '&start_time=2018-05-02T00:00:00Z&end_time=2018-05-02T23:59:59Z';
    assert.equal((await rows(strict, 'b19', day))[0]?.time, '2018-05-02T22:30:00Z');
  });

  check('B-11 methods and paths', async ({ strict }) => {
    for (const method of ['PUT', 'DELETE']) {
      const { status, text, headers } = await strict.ask('/write', { method });
      assert.deepEqual([status, text, headers['allow']], [405, '', 'GET, HEAD, POST']);
    }
    const posted = await strict.ask('/query', { method: 'POST', body: '' });
    assert.deepEqual([posted.status, posted.headers['allow']], [405, 'GET, HEAD']);
    for (const path of ['/x', '/write/', '/query/']) {
      const { status, text } = await strict.ask(path);
      assert.deepEqual([status, text], [404, '404 page not found\n']);
    }
    const head = await strict.ask('/write', { method: 'HEAD' });
    assert.deepEqual([head.status, head.text], [200, '']);
  });

  check('B-12 metrics by route', async ({ fresh }) => {
    for (const url of (await fresh()).urls) {
      await (await fetch(`${url}/metrics`)).text();
      await (await fetch(`${url}/a-path-of-a-stranger`)).text();
      await fetch(`${url}/write`, { method: 'POST', body: JSON.stringify([record('b12'), record('b12')]) });
      const answer = await fetch(`${url}/metrics`);
      const text = await answer.text();
      assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
      assert.match(text, /^total_requests\{method="GET",path="\/metrics",statusCode="200"\} 1$/m);
      assert.match(text, /^sum_response_time\{method="GET",path="\/metrics",statusCode="200"\} [\d.e-]+$/m);
      assert.match(text, /^avg_response_time\{/m);
      assert.match(text, /^# TYPE logwatch_serve_request_duration_seconds histogram$/m);
      assert.match(text, /^logwatch_serve_stored_entries_total 2$/m);
      assert.doesNotMatch(text, /stranger/);
    }
  });

  check('B-23 probes: what lives is told apart from what can be used', async ({ strict }) => {
    for (const path of ['/livez', '/readyz', '/write']) assert.equal((await strict.ask(path)).status, 200, path);
    const { text } = await strict.ask('/readyz');
    assert.equal(text, '{"healthy":true,"detail":""}');
  });
}
