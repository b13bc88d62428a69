import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { podsFromApi } from '../../src/kubernetes/api.ts';
import type { Timings } from '../../src/kubernetes/timings.ts';
import { connect, type ConnectOptions } from '../../src/kubernetes/connection.ts';
import type { Fields, Log } from '../../src/system/log.ts';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createApiServer } from '../support/api-server.ts';
import { makePod } from '../support/pods.ts';
import { runSource } from '../support/source.ts';
import { temporaryDirectory } from '../support/tree.ts';

const fast: Partial<Timings> = { retry: [5, 20], pace: 2, settled: 20, relistGap: 10, watchSeconds: [60, 60] };

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 90_000; !condition(); await sleep(2)) assert.ok(Date.now() < end, `in vain: ${what}`);
}

async function start(
  t: TestContext,
  options: {
    timings?: Partial<Timings>;
    token?: string;
    connection?: ConnectOptions;
    before?: (api: Api) => void;
  } = {},
) {
  const api = await createApiServer({ token: options.token });
  t.after(() => api.close());
  options.before?.(api);
  const said: { level: 'error' | 'warn' | 'info'; fields?: Fields }[] = [];
  const log: Log = {
    ...silent,
    error: (_, fields) => said.push({ level: 'error', fields }),
    warn: (_, fields) => said.push({ level: 'warn', fields }),
    info: (_, fields) => said.push({ level: 'info', fields }),
  };
  const metrics = createMetrics();
  let changes = 0;
  const source = podsFromApi({
    connection: await connect(options.connection ?? { kubeUrl: api.url }),
    node: 'node-1',
    log,
    metrics,
    onChange: () => (changes += 1),
    timings: { ...fast, ...options.timings },
  });
  const { stop, ended } = runSource(t, source);
  const queries = (verb: 'list' | 'watch') => api.requests.filter((one) => one.verb === verb).map(({ query }) => query);
  return {
    api,
    source,
    metrics,
    said,
    ended,
    stop,
    queries,
    get changes() {
      return changes;
    },
    names: () =>
      source
        .all()
        .map(({ name }) => name)
        .toSorted()
        .join(' '),
    watching: () => until(() => api.watches === 1, 'a watch'),
  };
}
type Api = Awaited<ReturnType<typeof createApiServer>>;
const add =
  (...names: string[]) =>
  (api: Api) => {
    for (const name of names) api.pods.set(makePod({ name, uid: name }));
  };

test('one list and one watch serve any number of changes', async (t) => {
  const w = await start(t, {
    before(api) {
      add('a', 'b')(api);
      api.pods.set(makePod({ name: 'elsewhere', node: 'node-2' }));
    },
  });
  await until(() => w.source.synced, 'synced');
  assert.equal(w.names(), 'a b');
  await w.watching();
  for (let i = 0; i < 50; i += 1) w.api.pods.set(makePod({ name: `pod-${i}`, uid: `pod-${i}` }));
  for (let i = 0; i < 49; i += 1) w.api.pods.delete(`pod-${i}`);
  await until(() => w.names() === 'a b pod-49', 'the last state');
  assert.equal(w.api.requests.length, 2);
  const [list] = w.queries('list');
  const [watch] = w.queries('watch');
  assert.deepEqual(Object.fromEntries(list ?? []), { fieldSelector: 'spec.nodeName=node-1', resourceVersion: '0' });
  assert.deepEqual(Object.fromEntries(watch ?? []), {
    fieldSelector: 'spec.nodeName=node-1',
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: '60',
    resourceVersion: '103',
  });
  assert.equal(w.source.error, undefined);
});

test('a change of labels is told; one that changes nothing used here is not', async (t) => {
  const w = await start(t, { before: add('a') });
  await w.watching();
  const first = w.source.all();
  assert.equal(w.changes, 1);
  w.api.pods.set({ ...makePod({ name: 'a', uid: 'a' }), apiVersion: 'v1 again' });
  w.api.pods.set(makePod({ name: 'a', uid: 'a', labels: { team: 'shop' } }));
  await until(() => w.source.all() !== first, 'another array');
  assert.equal(w.changes, 2);
  assert.deepEqual(w.source.all()[0]?.labels, { team: 'shop' });
  assert.equal(w.source.all(), w.source.all());
});

test('a deletion is told', async (t) => {
  const w = await start(t, { before: add('a', 'b') });
  await w.watching();
  w.api.pods.delete('a');
  await until(() => w.names() === 'b', 'b alone');
  assert.equal(w.changes, 2);
});

for (const shape of ['HTTP status', 'ERROR event'] as const) {
  test(`410 as ${shape}: a consistent list, and what is gone goes`, async (t) => {
    const w = await start(t, { before: add('a', 'b') });
    await w.watching();
    w.api.faults.silence(true);
    w.api.pods.delete('a');
    w.api.pods.set(makePod({ name: 'c', uid: 'c' }));
    w.api.faults.forget();
    w.api.faults.silence(false);
    if (shape === 'ERROR event') w.api.faults.errorEvent(410);
    else w.api.faults.end();
    await until(() => w.names() === 'b c', 'the new list');
    await w.watching();
    assert.deepEqual(
      w.queries('list').map((query) => query.get('resourceVersion')),
      ['0', null],
    );
    assert.equal((await w.metrics.relists.get()).values[0]?.labels.cause, 'gone');
    assert.equal(w.source.error, undefined);
    assert.deepEqual(w.said, []);
  });
}

const faults: Record<string, (w: Awaited<ReturnType<typeof start>>) => void> = {
  'HTTP 500': ({ api }) => {
    api.faults.watch(500);
    api.faults.watch(500);
    api.faults.end();
  },
  'a reset': ({ api }) => api.faults.reset(),
  'an ERROR event that is no 410': ({ api }) => api.faults.errorEvent(500),
  garbage: ({ api }) => api.faults.garbage(),
};
for (const [name, fault] of Object.entries(faults)) {
  test(`${name} in a watch: it goes on from the last version, and says so once`, async (t) => {
    const w = await start(t, { before: add('a') });
    await w.watching();
    w.api.pods.set(makePod({ name: 'b', uid: 'b' }));
    await until(() => w.names() === 'a b', 'b');
    fault(w);
    await until(() => w.said.length >= 1, 'a warning');
    await w.watching();
    w.api.pods.set(makePod({ name: 'c', uid: 'c' }));
    await until(() => w.names() === 'a b c' && w.source.error === undefined, 'c, and well');
    assert.equal(w.queries('list').length, 1);
    assert.equal(w.queries('watch').at(-1)?.get('resourceVersion'), '102');
    assert.deepEqual(
      w.said.map(({ level }) => level),
      ['warn', 'info'],
    );
  });
}

test('a watch that fell silent is left, and nothing is missed', async (t) => {
  const w = await start(t, { before: add('a'), timings: { silence: 60 } });
  await w.watching();
  w.api.faults.silence(true);
  w.api.pods.set(makePod({ name: 'b', uid: 'b' }));
  w.api.faults.silence(false);
  await until(() => w.names() === 'a b', 'b');
  assert.equal(w.queries('list').length, 1);
});

test('a bookmark moves the version', async (t) => {
  const w = await start(t, { before: add('a') });
  await w.watching();
  w.api.pods.set(makePod({ name: 'elsewhere', node: 'node-2' }));
  const bytes = async () => (await w.metrics.receivedBytes.get()).values.find(({ labels }) => labels.verb === 'watch');
  w.api.faults.bookmark();
  while (!(await bytes())) await sleep(2);
  w.api.faults.end();
  await until(() => w.queries('watch').length === 2, 'the next watch');
  assert.equal(w.queries('watch')[1]?.get('resourceVersion'), '102');
});

test('a list that fails takes nothing away', async (t) => {
  const w = await start(t, { before: add('a') });
  await w.watching();
  const before = w.source.all();
  for (let i = 0; i < 3; i += 1) w.api.faults.list(503, { 'retry-after': '0' });
  w.source.relist();
  await until(() => w.said.length >= 1, 'ill');
  assert.match(String(w.said[0]?.fields?.error), /list pods: HTTP 503/);
  assert.ok(w.source.synced);
  assert.equal(w.source.all(), before);
  await until(() => w.queries('list').length === 5, 'a list');
  await until(() => w.source.error === undefined, 'well');
  assert.equal(w.source.all(), before);
  assert.equal(w.changes, 1);
});

test('not synced before the first list; a server that comes late is found', async (t) => {
  const w = await start(t, { before: (api) => [500, 403].forEach((code) => api.faults.list(code)) });
  await until(() => w.source.synced, 'synced');
  assert.equal(w.changes, 1);
  assert.match(String(w.said[1]?.fields?.error), /list and watch/);
  assert.deepEqual(
    w.said.map(({ level }) => level),
    ['warn', 'error', 'info'],
  );
});

test('after five failures in a row a list is read again', async (t) => {
  const w = await start(t, { before: add('a') });
  await w.watching();
  for (let i = 0; i < 5; i += 1) w.api.faults.watch(500);
  w.api.faults.end();
  await until(() => w.queries('list').length === 2, 'a second list');
  assert.equal(w.queries('list')[1]?.get('resourceVersion'), '101');
  await until(() => w.source.error === undefined, 'well');
});

test('requests keep their pace while a server ends every watch at once', async (t) => {
  const w = await start(t, { timings: { pace: 30 } });
  const started = performance.now();
  for (let i = 0; i < 10; i += 1) {
    await w.watching();
    const asked = w.api.requests.length;
    w.api.faults.end();
    await until(() => w.api.requests.length > asked, 'the next one');
  }
  const elapsed = performance.now() - started;
  assert.ok(w.api.requests.length <= elapsed / 30 + 3, `${w.api.requests.length} requests in ${elapsed} ms`);
});

test('a server that comes back after long is asked soon', async (t) => {
  const w = await start(t, { timings: { retry: [1, 600_000], unreached: 20 } });
  await w.watching();
  await w.api.stop();
  const asked = async () => {
    const { values } = await w.metrics.requests.get();
    return values.find(({ labels: { verb, code } }) => verb === 'list' && code === '0')?.value ?? 0;
  };
  // After so many the back-off for a server that answers would be minutes.
  while ((await asked()) < 20) await sleep(5);
  w.api.pods.set(makePod({ name: 'late', node: 'node-1' }));
  await w.api.start();
  await until(() => w.names().includes('late'), 'the pod');
});

test('the loop ends by its signal, in a watch and in a pause', async (t) => {
  const watching = await start(t);
  await watching.watching();
  watching.stop.abort();
  await watching.ended;
  const pausing = await start(t, { timings: { retry: [600_000, 600_000] }, before: (api) => api.faults.list(500) });
  await until(() => pausing.source.error !== undefined, 'ill');
  pausing.stop.abort();
  await pausing.ended;
});

const kubeconfig = (server: string, user: object) =>
  JSON.stringify({
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user }],
  });

test('the token of a kubeconfig is read for every request', async (t) => {
  const file = join(await temporaryDirectory(t), 'config');
  const api = await createApiServer({ token: 'first' });
  t.after(() => api.close());
  await writeFile(file, kubeconfig(api.url, { token: 'first' }));
  const connection = await connect({ kubeconfig: file });
  const get = async () => {
    const response = await connection.get('/api/v1/pods', {}, t.signal);
    response.resume();
    return response.statusCode;
  };
  assert.equal(await get(), 200);
  api.setToken('second');
  assert.equal(await get(), 401);
  await writeFile(file, kubeconfig(api.url, { token: 'second' }));
  assert.equal(await get(), 200);
});

test('a token file is read anew once its token is refused', async (t) => {
  const root = await temporaryDirectory(t);
  const [file, tokenFile] = [join(root, 'config'), join(root, 'token')];
  const api = await createApiServer({ token: 'first' });
  t.after(() => api.close());
  await writeFile(tokenFile, 'first\n');
  await writeFile(file, kubeconfig(api.url, { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }));
  const world = { node: 'node-1', log: silent, metrics: createMetrics(), onChange() {}, timings: fast };
  const source = podsFromApi({ ...world, connection: await connect({ kubeconfig: file }) });
  const stop = new AbortController();
  t.after(() => stop.abort());
  const ended = source.run(stop.signal);
  await until(() => source.synced, 'synced');
  api.setToken('second');
  source.relist();
  await until(() => /HTTP 401/.test(source.error ?? ''), 'refused');
  await writeFile(tokenFile, 'second');
  await until(() => source.error === undefined, 'well');
  stop.abort();
  await ended;
});

test('a server without credentials gets none, and keeps the prefix of its path', async (t) => {
  const api = await createApiServer();
  t.after(() => api.close());
  const connection = await connect({ kubeUrl: api.url.replace('//', '//user:password@') + '/proxy/' });
  const response = await connection.get('/api/v1/pods', { fieldSelector: 'spec.nodeName=n' }, t.signal);
  response.resume();
  assert.equal(response.statusCode, 200);
  assert.equal(api.requests[0]?.path, '/proxy/api/v1/pods');
  assert.equal(api.requests[0]?.headers.authorization, undefined);
  assert.ok(!connection.server.includes('password'));
});

test('an answer without headers is not waited for', async (t) => {
  const { createServer } = await import('node:http');
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = await until(() => server.listening, 'listening').then(() => server.address());
  assert.ok(typeof address === 'object' && address);
  const connection = await connect({ kubeUrl: `http://127.0.0.1:${address.port}`, patience: 30 });
  await assert.rejects(connection.get('/', {}, t.signal), /no answer from 127\.0\.0\.1:\d+ within 0\.03 s/);
});

test('without any server, the ways out are told', async () => {
  await assert.rejects(connect({ env: { HOME: '/nowhere' } }), /\/nowhere\/\.kube\/config.*--kubeconfig.*--kube-url/);
});
