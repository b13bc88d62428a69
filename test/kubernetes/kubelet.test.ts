import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { podsFromKubelet } from '../../src/kubernetes/kubelet.ts';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createApiServer } from '../support/api-server.ts';
import { makePod } from '../support/pods.ts';
import { runSource } from '../support/source.ts';
import { temporaryDirectory } from '../support/tree.ts';

async function until(condition: () => boolean, what: string) {
  const end = Date.now() + 90_000;
  while (!condition()) {
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await sleep(2);
  }
}

async function ask(t: TestContext, token: string) {
  const tokenFile = join(await temporaryDirectory(t), 'token');
  await writeFile(tokenFile, `${token}\n`);
  const kubelet = await createApiServer({ token: 'first' });
  t.after(() => kubelet.close());
  const errors: string[] = [];
  let changed = Promise.withResolvers<void>();
  const source = podsFromKubelet({
    url: kubelet.url,
    tokenFile,
    interval: 5,
    onChange: () => changed.resolve(),
    log: { ...silent, error: (_message, fields) => void errors.push(String(fields?.['error'])) },
    metrics: createMetrics(),
  });
  runSource(t, source);
  const next = async () => {
    await changed.promise;
    changed = Promise.withResolvers();
  };
  return { kubelet, source, tokenFile, errors, next };
}

test('pods of the kubelet: only changes ring, the token is read each time, an illness empties nothing', async (t) => {
  const { kubelet, source, tokenFile, errors, next } = await ask(t, 'first');
  const pod = makePod({ name: 'a' });
  await next();
  assert.equal(source.synced, true);
  kubelet.pods.set(pod);
  await next();
  assert.deepEqual(
    source.all().map(({ name }) => name),
    ['a'],
  );
  kubelet.setToken('second');
  await until(() => source.error !== undefined, 'an error');
  assert.match(source.error ?? '', /401.*nodes\/pods.*nodes\/proxy/);
  assert.deepEqual([source.all().length, source.synced, errors.length], [1, true, 1], 'told once, and nothing lost');
  await writeFile(tokenFile, 'second');
  kubelet.pods.set(makePod({ name: 'b' }));
  await next();
  assert.deepEqual([source.all().length, source.error], [2, undefined]);
});

test('an answer that is no list of pods is an error', async (t) => {
  const { kubelet, source } = await ask(t, 'first');
  kubelet.faults.list(200);
  await until(() => source.error !== undefined, 'an error');
  assert.match(source.error ?? '', /something else than a list/);
});

test('a kubelet that is not there is an error, and IPv6 addresses work', async (t) => {
  const metrics = createMetrics();
  const source = podsFromKubelet({ url: 'http://[::1]:9', onChange() {}, log: silent, metrics });
  runSource(t, source);
  await until(() => source.error !== undefined, 'an error');
  assert.match(source.error ?? '', /ECONNREFUSED ::1:9/);
  assert.equal(source.synced, false);
  const [counted] = (await metrics.requests.get()).values;
  assert.deepEqual(counted?.labels, { verb: 'list', code: '0', resource: 'pods' });
});

/** A kubelet of which a test says each answer; ends with the test. */
async function answering(t: TestContext, listener: RequestListener, patience?: number) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const tokenFile = join(await temporaryDirectory(t), 'token');
  await writeFile(tokenFile, 'any');
  let changes = 0;
  const source = podsFromKubelet({
    tokenFile,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/of/a/node/`,
    interval: 5,
    patience,
    onChange: () => void (changes += 1),
    log: silent,
    metrics: createMetrics(),
  });
  runSource(t, source);
  t.after(() => (server.closeAllConnections(), server.close()));
  return { source, changes: () => changes };
}

test('the order of the list is no news, and the path in the address is kept', async (t) => {
  const items = ['a', 'b', 'c'].map((name) => makePod({ name }));
  const asked: (string | undefined)[] = [];
  const { source, changes } = await answering(t, (request, response) => {
    asked.push(request.url);
    items.push(...items.splice(0, 1));
    response.end(JSON.stringify({ kind: 'PodList', items }));
  });
  await until(() => source.synced, 'a list');
  const first = source.all();
  await until(() => asked.length >= 5, 'more requests');
  assert.equal(changes(), 1);
  assert.equal(source.all(), first, 'the same array');
  assert.deepEqual(new Set(asked), new Set(['/of/a/node/pods']));
});

test('what the kubelet sent is never quoted in an error', async (t) => {
  const { source } = await answering(t, (_request, response) => response.end('secret-of-a-stranger'));
  await until(() => source.error !== undefined, 'an error');
  assert.match(source.error ?? '', /something else than JSON/);
  assert.doesNotMatch(source.error ?? '', /secret/);
});

for (const [how, start] of [
  ['says nothing', () => {}],
  ['stops in the middle', (response) => response.write('{"items":[')],
] as [string, (response: Parameters<RequestListener>[1]) => void][])
  test(`a kubelet that ${how} is not waited for, and is asked again`, async (t) => {
    let requests = 0;
    const { source } = await answering(
      t,
      (_request, response) => {
        requests += 1;
        if (requests === 1) start(response);
        else response.end('{"items":[]}');
      },
      200,
    );
    await until(() => source.error !== undefined || source.synced, 'an error');
    assert.match(source.error ?? '', /no complete answer within 0.2 s/);
    await until(() => source.synced, 'a list');
    assert.equal(source.error, undefined);
  });

test('a list that is asked for comes at once, even while another is under way', async (t) => {
  const kubelet = await createApiServer();
  t.after(() => kubelet.close());
  const tokenFile = join(await temporaryDirectory(t), 'token');
  await writeFile(tokenFile, 'any');
  const source = podsFromKubelet({
    url: kubelet.url,
    tokenFile,
    interval: 600_000,
    onChange: () => source.relist(),
    log: silent,
    metrics: createMetrics(),
  });
  runSource(t, source);
  await until(() => kubelet.requests.length === 2, 'the list that was asked for within the first');
  source.relist();
  await until(() => kubelet.requests.length === 3, 'the list that was asked for in the pause');
});
