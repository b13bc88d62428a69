import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { freePort } from '../support/port.ts';
import { end, launch, until } from '../support/program.ts';
import { createWorld } from '../support/world.ts';

/** The whole path in one process on a made-up node; each start is a new process on the same data. */
async function set(t: TestContext) {
  const world = await createWorld(t, { agents: [], state: false });
  const port = await freePort();
  const start = () => {
    const flags = ['--data-path', join(world.root, 'data'), '--port', String(port)];
    const off = ['watch', 'ship'].map((role) => `--${role}-status-address=off`);
    const env = {
      ...world.env,
      WATCHER_INTERVAL: '0.2',
      WATCHER_BATCH_WAIT: '0.05',
      WATCHER_STATUS_ADDRESS: undefined,
    };
    const child = launch(['all', ...flags, ...off], env);
    t.after(() => child.kill('SIGKILL'));
    const ended = end(child);
    return {
      async stop() {
        child.kill('SIGTERM');
        const { code, stderr } = await ended;
        return { code, errors: stderr.split('\n').filter((line) => line.includes('"level":"error"')) };
      },
    };
  };
  const rows = async (pod: string) => {
    const asked = { namespace: 'default', pod_name: pod, container_name: 'main', start_time: '2000-01-01T00:00:00Z' };
    const answer = await fetch(`http://127.0.0.1:${port}/query?${new URLSearchParams(asked).toString()}`);
    const { log_rows: found } = (await answer.json()) as { log_rows: { log: string }[] };
    return found.map(({ log }) => log);
  };
  const search = async (match: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/search?${new URLSearchParams({ match }).toString()}`);
    return ((await answer.json()) as { entries: { log: string }[] }).entries.map(({ log }) => log);
  };
  return { world, start, rows, search };
}

test('a line of a container is found in the store, each once, over a restart', async (t) => {
  const { world, start, rows, search } = await set(t);
  const cri = await world.pod('shop');
  const docker = await world.pod('cart', { runtime: 'docker' });
  await world.node.write(cri.container, ['one']);
  await world.node.write(docker.container, ['eins']);
  const before = start();
  await until('the first lines', async () => (await rows('shop')).length > 0 && (await rows('cart')).length > 0);
  await world.node.write(cri.container, ['two']);
  assert.deepEqual(await before.stop(), { code: 0, errors: [] });
  await world.node.write(docker.container, ['zwei']);
  const late = await world.pod('late');
  await world.node.write(late.container, ['three']);
  const after = start();
  await until('the later lines', async () => (await rows('late')).length > 0 && (await rows('cart')).length > 1);
  assert.deepEqual(await rows('shop'), ['one', 'two']);
  assert.deepEqual(await search('application=shop'), ['two', 'one']);
  assert.deepEqual(await rows('cart'), ['eins', 'zwei']);
  assert.deepEqual(await after.stop(), { code: 0, errors: [] });
});

test('the problems of all roles are told at once', async (t) => {
  const { world } = await set(t);
  const env = { WATCHER_AGENTS: 'nobody', WATCHER_BATCH_SIZE: 'many', WATCHER_STORE: 'paper' };
  const { code, stderr } = await world.run(['all', '--data-path', join(world.root, 'data')], env);
  assert.equal(code, 2);
  for (const what of [/nobody/, /WATCHER_BATCH_SIZE/, /WATCHER_STORE/]) assert.match(stderr, what);
});
