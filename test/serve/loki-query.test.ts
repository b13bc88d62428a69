import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, data, logs, range, second, value, type Data, type Parameters } from './loki-asking.ts';
import { base, entry, stored } from './stored.ts';

test('lines come back by streams, with nanoseconds, a limit, a direction and an end that does not belong', async (t) => {
  const { url, world } = await stored(t);
  const labels = { 'app.kubernetes.io/name': 'web', '1st': 'x' };
  await world.store.write([
    entry('a', base, { labels }),
    entry('b', base + 1n, { labels, metadata: { 'trace.id': 't' } }),
    entry('c', base + 600n * second, { labels }),
  ]);
  const stream = {
    _1st: 'x',
    app_kubernetes_io_name: 'web',
    container: 'web',
    namespace: 'default',
    pod: 'web-0',
    stream: 'stdout',
  };
  const found = await data(url, '{pod="web-0"}');
  assert.equal(found.resultType, 'streams');
  assert.deepEqual(found.result, [
    { stream: { ...stream, trace_id: 't' }, values: [[String(base + 1n), 'b']] },
    { stream, values: [[String(base), 'a']] },
  ]);
  assert.deepEqual([found.stats.summary.totalLinesProcessed, found.stats.summary.totalEntriesReturned], [2, 2]);
  assert.deepEqual(await logs(url, '{pod="web-0"}', { limit: '1' }), ['a']);
  assert.deepEqual(await logs(url, '{pod="web-0"}', { limit: '1', direction: 'backward' }), ['b']);
  assert.deepEqual(await logs(url, '{pod="web-0"} | trace_id="t"'), ['b']);
  assert.deepEqual(await logs(url, '{app_kubernetes_io_name="web", _1st="x"}'), ['a', 'b']);
  assert.deepEqual(await logs(url, '{app_kubernetes_io_name!="web"}'), []);
});

test('as Grafana asks, metadata and what was found stand at each line', async (t) => {
  const { url, world } = await stored(t);
  await world.store.write([entry('a=1', base), entry('a=2', base + 1n, { metadata: { trace: 't' } })]);
  const query = new URLSearchParams({ query: '{pod="web-0"} | logfmt', direction: 'forward', ...range }).toString();
  const headers = { 'x-loki-response-encoding-flags': 'categorize-labels' };
  const answer = await fetch(`${url}/loki/api/v1/query_range?${query}`, { headers });
  const { data: found } = (await answer.json()) as { data: Data & { encodingFlags: string[] } };
  assert.deepEqual(found.encodingFlags, ['categorize-labels']);
  assert.deepEqual(found.result, [
    {
      stream: { container: 'web', namespace: 'default', pod: 'web-0', stream: 'stdout' },
      values: [
        [String(base), 'a=1', { parsed: { a: '1' } }],
        [String(base + 1n), 'a=2', { structuredMetadata: { trace: 't' }, parsed: { a: '2' } }],
      ],
    },
  ]);
});

test('times are nanoseconds, seconds, or RFC 3339', async (t) => {
  const { url, world } = await stored(t);
  await world.store.write([entry('a', base), entry('b', base + 2n * second), entry('c', world.now() - 60n * second)]);
  for (const [start, end] of [
    ['1767323045', '1767323046'],
    ['1767323045.0', '1767323046.5'],
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:06.5Z'],
    ['2026-01-02T05:04:05+02:00', String(base + second)],
  ] as const)
    assert.deepEqual(await logs(url, '{pod="web-0"}', { start, end }), ['a'], start);
  const { text } = await ask(url, 'query_range', { query: '{pod="web-0"}' });
  assert.match(text, /"c"/);
  assert.doesNotMatch(text, /"a"/);
  assert.match((await ask(url, 'query_range', { query: '{pod="web-0"}', since: '10s' })).text, /"result":\[\]/);
});

test('a name that two labels share stands for both', async (t) => {
  const { url, world } = await stored(t);
  await world.store.write([
    entry('a', base, { labels: { 'app.kubernetes.io/name': 'x' } }),
    entry('b', base + 1n, { labels: { app_kubernetes_io_name: 'x' } }),
    entry('c', base + 2n, { labels: { app_kubernetes_io_name: 'y' } }),
    entry('d', base + 3n, { labels: {} }),
  ]);
  assert.deepEqual(await logs(url, '{app_kubernetes_io_name="x"}'), ['a', 'b']);
  assert.deepEqual(await logs(url, '{app_kubernetes_io_name!="x"}'), ['c', 'd']);
  assert.deepEqual(
    new Set(await value(url, 'sum by (app_kubernetes_io_name) (count_over_time({pod="web-0"}[1h]))')),
    new Set([
      [{ app_kubernetes_io_name: 'x' }, '2'],
      [{ app_kubernetes_io_name: 'y' }, '1'],
      [{}, '1'],
    ]),
  );
  const names = JSON.parse((await ask(url, 'label/app_kubernetes_io_name/values', range)).text) as { data: string[] };
  assert.deepEqual(names.data, ['x', 'y']);
});

test('what the data source of Grafana asks for first', async (t) => {
  const { url, world } = await stored(t);
  const health = await ask(url, 'query', { direction: 'backward', query: 'vector(1)+vector(1)', time: '4000000000' });
  assert.equal(health.type, 'application/json');
  const { data: said } = JSON.parse(health.text) as { data: Data };
  assert.deepEqual([said.resultType, said.result], ['vector', [{ metric: {}, value: [4_000_000_000, '2'] }]]);
  await world.store.write([
    entry('{"level":"info","took":"5ms"}', base),
    entry('level=warn n=5', base + 1n, { pod: 'db-0' }),
  ]);
  const is = async (path: string, parameters: Parameters, expected: unknown) => {
    for (const posted of [false, true]) {
      const { status, text } = await ask(url, path, parameters, posted);
      assert.equal(status, 200, text);
      assert.deepEqual(JSON.parse(text), expected, path);
    }
  };
  const common = { container: 'web', namespace: 'default', stream: 'stdout' };
  await is('labels', range, { status: 'success', data: ['container', 'namespace', 'pod', 'stream'] });
  await is('label/pod/values', range, { status: 'success', data: ['db-0', 'web-0'] });
  await is('label/pod/values', { ...range, query: '{pod="db-0"}' }, { status: 'success', data: ['db-0'] });
  await is('label/nope/values', range, { status: 'success', data: [] });
  await is(
    'series',
    { ...range, 'match[]': ['{pod="db-0"}', '{pod="none"}'] },
    { status: 'success', data: [{ ...common, pod: 'db-0' }] },
  );
  await is('index/stats', { ...range, query: '{container="web"}' }, { streams: 2, chunks: 2, entries: 2, bytes: 43 });
  await is('detected_labels', range, {
    detectedLabels: [
      { label: 'container', cardinality: 1 },
      { label: 'namespace', cardinality: 1 },
      { label: 'pod', cardinality: 2 },
      { label: 'stream', cardinality: 1 },
    ],
  });
  await is(
    'detected_field/level/values',
    { ...range, query: '{container="web"}' },
    { values: ['warn', 'info'], limit: 1000 },
  );
  const fields = JSON.parse((await ask(url, 'detected_fields', { ...range, query: '{container="web"}' })).text) as {
    fields: unknown[];
  };
  assert.deepEqual(fields.fields, [
    { label: 'level', type: 'string', cardinality: 2, parsers: ['logfmt', 'json'] },
    { label: 'n', type: 'int', cardinality: 1, parsers: ['logfmt'] },
    { label: 'took', type: 'duration', cardinality: 1, parsers: ['json'] },
  ]);
  assert.equal((await ask(url, 'patterns')).text, '{"status":"success","data":[]}');
  assert.match((await ask(url, 'detected_field/level/values', range)).text, /"warn"/);
  const { limits, ...rest } = JSON.parse((await ask(url, 'drilldown-limits')).text) as {
    limits: Record<string, unknown>;
  };
  assert.deepEqual(rest, { pattern_ingester_enabled: false, version: '3.0.0' });
  assert.deepEqual([limits['max_entries_limit_per_query'], limits['retention_period']], [5000, '0s']);
  assert.match((await ask(url, 'status/buildinfo')).text, /"version":"3/);
  for (const name of ['rules', 'alerts'] as const) {
    const found = (await (await fetch(`${url}/prometheus/api/v1/${name}`)).json()) as { data: unknown };
    assert.deepEqual(found.data, { [name === 'rules' ? 'groups' : name]: [] });
  }
  assert.deepEqual([(await ask(url, 'tail')).status, (await ask(url, 'label/x')).status], [400, 404]);
  assert.equal(await (await fetch(`${url}/ready`)).text(), 'ready\n');
});

test('the shortest step that Grafana takes for a week is not too short', async (t) => {
  const { url } = await stored(t);
  const week = { start: String(base - 604_800n * second), end: String(base), step: '54982ms' };
  assert.equal((await data(url, 'vector(1)', week)).result[0]?.values?.length, 11_002);
});

test('what is wrong is a line of text', async (t) => {
  const { url } = await stored(t, ['--query-range', '3600', '--query-limit', '50']);
  const refused = async (path: string, parameters: Parameters, what: RegExp) => {
    const { status, type, text } = await ask(url, path, { ...range, ...parameters });
    assert.equal(status, 400, text);
    assert.match(type ?? '', /^text\/plain/);
    assert.match(text, what);
  };
  await refused('query_range', { query: '{a="b"} | unwrap x' }, /unwrap is not known here/);
  await refused('query_range', { query: '' }, /a selector as/);
  await refused('query_range', { query: '{a="b"}', limit: '51' }, /max entries limit/);
  await refused('query_range', { query: '{a="b"}', start: '0' }, /exceeds the limit/);
  await refused('query_range', { query: '{a="b"}', direction: 'up' }, /invalid direction 'up'/);
  await refused('query_range', { query: 'rate({a="b"}[1m])', step: '1ms' }, /maximum resolution/);
  await refused('query', { query: '{a="b"}' }, /not supported as an instant query/);
  await refused('series', { 'match[]': 'rate({a="b"}[1m])' }, /only label matchers/);
  await refused('label/%zz/values', {}, /encoded/);
});
