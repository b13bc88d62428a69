import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Entry } from '../../src/serve/store.ts';
import { ask, base, entry, stored, whole, type Parameters } from './stored.ts';

const second = 1_000_000_000n;
interface Page {
  entries: { log: string; cursor: string; time: string }[];
  next: string | null;
}

async function page(url: string, parameters: Parameters): Promise<Page> {
  const answer = await ask(url, '/api/search', parameters);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text) as Page;
}

async function logs(url: string, parameters: Parameters): Promise<string[]> {
  return (await page(url, { direction: 'forward', ...parameters })).entries.map(({ log }) => log);
}

async function start(t: TestContext, entries: readonly Entry[]) {
  const serving = await stored(t);
  await serving.world.store.write(entries);
  return serving;
}

test('what is looked for is found', async (t) => {
  const labels = { 'app.kubernetes.io/name': 'web', tier: 'front' };
  const { url } = await start(t, [
    entry('GET /a 200', base, { labels }),
    entry('GET /b 500', base + 1n, { labels, stream: 'stderr' }),
    entry('error: timeout', base + 2n, { pod: 'db-0', labels: { tier: 'back' } }),
    entry('Error: "connection reset"', base + 3n, { pod: 'db-1', container: 'sql', namespace: 'data' }),
  ]);
  const found = async (parameters: Parameters, ...expected: number[]) => {
    const all = ['GET /a 200', 'GET /b 500', 'error: timeout', 'Error: "connection reset"'];
    assert.deepEqual(
      await logs(url, parameters),
      expected.map((index) => all[index]),
      JSON.stringify(parameters),
    );
  };
  await found({}, 0, 1, 2, 3);
  await found({ pod: 'web-0' }, 0, 1);
  await found({ pod: ['web-0', 'db-1'] }, 0, 1, 3);
  await found({ pod: ['web-0', 'db-1'], stream: 'stderr' }, 1);
  await found({ namespace: 'data', container: 'sql' }, 3);
  await found({ match: 'app.kubernetes.io/name=web' }, 0, 1);
  await found({ match: 'app.kubernetes.io/name!=web' }, 2, 3);
  await found({ match: ['tier=~front|back', 'pod!~db-.*'] }, 0, 1);
  await found({ match: 'tier=' }, 3);
  await found({ contains: 'GET' }, 0, 1);
  await found({ contains: ['GET', '200'] }, 0);
  await found({ not_contains: 'GET', contains: 'rror' }, 2, 3);
  await found({ regex: '/[ab] \\d+' }, 0, 1);
  await found({ regex: '(?i)^error' }, 2, 3);
  await found({ not_regex: '(?i)error' }, 0, 1);
  await found({ q: 'GET and not 500' }, 0);
  await found({ q: 'timeout or "connection reset"' }, 2, 3);
  await found({ q: '/\\d{3}$/ not /5\\d\\d/ or pod=db-1' }, 0, 3);
  await found({ q: '(rror or GET) (pod=~"db-.*" or tier=front) not timeout' }, 0, 1, 3);
  await found({ q: 'not (GET or tier=back)' }, 3);
  await found({ q: 'not not GET', stream: 'stdout' }, 0);
  await found({ q: '"\\"connection"' }, 3);
  await found({ q: '"app.kubernetes.io/name"=web app.kubernetes.io/name=web' }, 0, 1);
  await found({ contains: 'nothing has this' });
  // More values than one pattern can hold are looked at one by one.
  await found({ pod: Array.from({ length: 300 }, (_, index) => `db-${index}`) }, 2, 3);
});

test('an entry as it is told', async (t) => {
  const full = { stream: 'stderr', host: 'n', podId: 'p', dockerId: 'd', labels: { a: 'b' }, metadata: { trace: 'x' } };
  const { url } = await start(t, [
    entry('<a>\u2028', base + 1n, full),
    entry('', base, { pod: '', container: '', namespace: '', stream: '', labels: { job: 'j' } }),
  ]);
  const { entries, ...rest } = await page(url, {});
  const [one, two] = entries.map((found) => ({ ...found, cursor: undefined }));
  assert.deepEqual(one, {
    time: '2026-01-02T03:04:05.000000001Z',
    log: '<a>\u2028',
    namespace: 'default',
    pod: 'web-0',
    container: 'web',
    stream: 'stderr',
    host: 'n',
    pod_id: 'p',
    docker_id: 'd',
    labels: { a: 'b' },
    metadata: { trace: 'x' },
    cursor: undefined,
  });
  assert.deepEqual(two, { time: '2026-01-02T03:04:05Z', log: '', labels: { job: 'j' }, cursor: undefined });
  assert.deepEqual(rest, { next: null, ...whole });
  const lines = await ask(url, '/api/search', { limit: '1' }, { accept: 'application/x-ndjson' });
  assert.equal(lines.headers.get('content-type'), 'application/x-ndjson');
  assert.deepEqual(JSON.parse((await lines.text()).trimEnd()), entries[0]);
  assert.equal(
    await (
      await ask(url, '/api/search', { contains: 'no' })
    )
      .json()
      .then((empty) => JSON.stringify((empty as Page).entries)),
    '[]',
  );
});

test('pages give every line once while others are written', async (t) => {
  const line = (index: number) =>
    entry(`line ${index}`, base + BigInt(index % 7) * second, { pod: `web-${index % 3}` });
  const { url, world } = await start(
    t,
    Array.from({ length: 100 }, (_, index) => line(index)),
  );
  for (const direction of ['forward', 'backward']) {
    const seen: string[] = [];
    let times: string[] = [];
    let after: string | null = null;
    let written = 1000;
    do {
      const { entries, next }: Page = await page(url, { direction, limit: '9', ...(after !== null && { after }) });
      seen.push(...entries.map(({ log }) => log));
      times = [...times, ...entries.map(({ time }) => time)];
      after = next;
      await world.store.write([line(written), line(written + 1)]);
      written += 2;
    } while (after !== null && written < 1200);
    assert.equal(new Set(seen).size, seen.length);
    const early = seen.filter((log) => log.length < 8);
    assert.equal(early.length, 100);
    assert.deepEqual(times, direction === 'forward' ? times.toSorted() : times.toSorted().toReversed());
  }
});

test('all that is wrong is told at once, with the way out', async (t) => {
  const { url } = await start(t, []);
  const wrong = {
    from: 'yesterday',
    to: '2026-13-01T00:00:00Z',
    direction: 'up',
    limit: '0',
    regex: '(',
    match: 'pod',
    q: '(a',
    namspace: 'x',
    after: ['a', 'b'],
  };
  const answer = await ask(url, '/api/search', wrong);
  assert.equal(answer.status, 400);
  const body = (await answer.json()) as {
    message: string;
    detail: string;
    problems: { parameter: string; problem: string; help: string }[];
  };
  assert.equal(body.message, 'invalid query');
  assert.deepEqual(new Set(body.problems.map(({ parameter }) => parameter)), new Set(Object.keys(wrong)));
  for (const { parameter, problem, help } of body.problems) {
    assert.ok(help.length > 0 && problem.length > 0);
    assert.ok(body.detail.includes(parameter));
  }
  assert.match(body.detail, /namspace: is not known; did you mean `namespace`\?/);
  const detail = async (path: string, parameters: Parameters) =>
    ((await (await ask(url, path, parameters)).json()) as { detail: string }).detail;
  assert.match(await detail('/api/search', { from: whole.to, to: whole.from }), /^from: is later than to$/);
  assert.match(await detail('/api/search', { after: 'x' }), /cursor/);
  assert.match(await detail('/api/search', { limit: '5001' }), /limit: "5001" can't be taken/);
  assert.match(await detail('/api/search', { regex: '(a*)*\\1' }), /too long/);
  assert.match(await detail('/api/series', { contains: 'x' }), /contains: is not known/);
  assert.match(await detail('/api/counts', { step: '1ms' }), /more than 11000 steps/);
  assert.match(await detail('/api/counts', { step: '1m', steps: '5' }), /beside step/);
  const narrow = await stored(t, ['--query-range', '3600', '--query-limit', '7']);
  assert.match(
    await detail('/api/search', {}).then(() => ask(narrow.url, '/api/search', {}).then((one) => one.text())),
    /more than 3600s before to/,
  );
  assert.equal((await fetch(`${narrow.url}/api/search?limit=7`)).status, 200);
  assert.equal((await fetch(`${narrow.url}/api/search?limit=8`)).status, 400);
});

test('times may be told by how long ago they are', async (t) => {
  const { url, world } = await stored(t);
  const now = world.now();
  await world.store.write([entry('old', now - 5400n * second), entry('new', now - 60n * second)]);
  const found = async (query: string) =>
    ((await (await fetch(`${url}/api/search?${query}`)).json()) as Page).entries.map(({ log }) => log);
  assert.deepEqual(await found(''), ['new']);
  assert.deepEqual(await found('from=2h'), ['new', 'old']);
  assert.deepEqual(await found('from=2h&to=1h'), ['old']);
  assert.deepEqual(await found('from=2h&to=now&limit=1'), ['new']);
});

test('what the store can not do is told, and never an empty answer', async (t) => {
  const { url, world } = await stored(t);
  await world.store.close();
  for (const path of [
    '/api/search',
    '/api/counts',
    '/api/series',
    '/api/export',
    '/query',
    '/logs/a/b',
    '/status',
    '/loki/api/v1/labels',
  ]) {
    const query = path === '/query' ? 'namespace=a&pod_name=b&container_name=c&start_time=2026-01-01T00:00:00Z' : '';
    const answer = await fetch(`${url}${path}?${query}`);
    assert.equal(answer.status, 500, path);
    assert.notEqual(await answer.text(), '', path);
  }
  // The store is closed once more after the test.
  world.store.close = () => Promise.resolve();
});
