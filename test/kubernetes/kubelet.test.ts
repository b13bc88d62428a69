import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { podsFromKubelet } from '../../src/kubernetes/kubelet.ts';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createApiServer } from '../support/api-server.ts';
import { makePod } from '../support/pods.ts';
import { temporaryDirectory } from '../support/tree.ts';

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
  const end = new AbortController();
  const running = source.run(end.signal);
  t.after(async () => {
    end.abort();
    await running;
  });
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
  while (!source.error) await new Promise(setImmediate);
  assert.match(source.error, /401.*nodes\/pods.*nodes\/proxy/);
  assert.deepEqual([source.all().length, source.synced, errors.length], [1, true, 1], 'told once, and nothing lost');
  await writeFile(tokenFile, 'second');
  kubelet.pods.set(makePod({ name: 'b' }));
  await next();
  assert.deepEqual([source.all().length, source.error], [2, undefined]);
});

test('an answer that is no list of pods is an error', async (t) => {
  const { kubelet, source } = await ask(t, 'first');
  kubelet.faults.list(200);
  while (!source.error) await new Promise(setImmediate);
  assert.match(source.error, /something else than a list/);
});

test('a kubelet that is not there is an error, and IPv6 addresses work', async () => {
  const source = podsFromKubelet({ url: 'http://[::1]:9', onChange() {}, log: silent, metrics: createMetrics() });
  const end = new AbortController();
  const running = source.run(end.signal);
  while (!source.error) await new Promise(setImmediate);
  assert.match(source.error, /ECONNREFUSED ::1:9/);
  assert.equal(source.synced, false);
  end.abort();
  await running;
});
