import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createScan, rootsOf, type Roots } from '../../src/watch/scan.ts';
import { createNode, type MadeNode } from '../support/node.ts';
import { temporaryDirectory } from '../support/tree.ts';

const pod = { namespace: 'default', name: 'shop-1', uid: 'uid-1' };

async function setUp(t: TestContext, options?: { links: boolean }) {
  const root = await temporaryDirectory(t);
  const node = await createNode(root, options);
  return { root, node, scanAll: createScan(both(node)), scanDocker: createScan({ containers: node.containers }) };
}
const both = (node: MadeNode): Roots => ({ containers: node.containers, pods: node.pods, links: node.links });

test('Docker: identity from the labels, the log beside them', async (t) => {
  const { node, scanDocker } = await setUp(t);
  const made = await node.start({ runtime: 'docker', pod, name: 'main', restart: 3 });
  await node.start({ runtime: 'docker', pod, name: 'POD', sandbox: true });
  const { containers, incomplete } = await scanDocker();
  assert.deepEqual(incomplete, []);
  const main = containers.find(({ sandbox }) => !sandbox);
  assert.deepEqual(main, {
    runtime: 'docker',
    id: made.id,
    name: 'main',
    restart: 3,
    pod,
    image: 'registry.example/shop:1.2',
    sandbox: false,
    log: { path: made.log, format: 'docker' },
    directory: join(node.containers, made.id),
  });
  assert.equal(containers.filter(({ sandbox }) => sandbox).length, 1);
});

test("Docker: its root may be mounted anywhere; what the config says of paths isn't believed", async (t) => {
  const { root, node } = await setUp(t);
  const { id } = await node.start({ runtime: 'docker', pod, name: 'main' });
  await rename(node.containers, join(root, 'moved'));
  const { containers } = await createScan({ containers: join(root, 'moved') })();
  assert.equal(containers[0]?.log.path, join(root, 'moved', id, `${id}-json.log`));
});

test('Docker: what is not complete, not readable or not Kubernetes says so, and costs nobody else', async (t) => {
  const { node, scanDocker } = await setUp(t);
  const good = await node.start({ runtime: 'docker', pod, name: 'good' });
  const broken = async (digit: string, spoil: (directory: string, config: string) => Promise<unknown>) => {
    const { id } = await node.start({
      runtime: 'docker',
      pod,
      name: 'main',
      restart: Number(digit),
      id: digit.repeat(64),
    });
    const directory = join(node.containers, id);
    await spoil(directory, join(directory, 'config.v2.json'));
  };
  const labels = (Labels: unknown) => JSON.stringify({ Config: { Image: 'x', Labels } });
  await broken('0', (_directory, config) => truncate(config, 100));
  await broken('1', (_directory, config) => truncate(config, 0));
  await broken('2', async (_directory, config) => {
    await unlink(config);
    await mkdir(config);
  });
  await broken('3', (_directory, config) => truncate(config, 100 * 1024 * 1024));
  await broken('4', (_directory, config) => writeFile(config, labels(null)));
  await broken('5', (_directory, config) => writeFile(config, 'null'));
  await broken('6', (_directory, config) => unlink(config));
  await broken('7', (directory) => unlink(join(directory, `${'7'.repeat(64)}-json.log`)));
  await broken('8', async (directory) => {
    await unlink(join(directory, `${'8'.repeat(64)}-json.log`));
    await writeFile(join(directory, 'hostconfig.json'), JSON.stringify({ LogConfig: { Type: 'journald' } }));
  });
  await broken('9', (_directory, config) => writeFile(config, labels({ 'io.kubernetes.pod.name': 7 })));
  await mkdir(join(node.containers, 'lost+found'));
  await writeFile(join(node.containers, 'stray'), '');
  const { containers, incomplete } = await scanDocker();
  assert.deepEqual(
    containers.map(({ id }) => id),
    [good.id],
  );
  const reasons = Object.fromEntries(incomplete.map(({ id, reason }) => [id?.[0], reason]));
  assert.deepEqual(reasons, {
    0: 'config-unreadable',
    1: 'config-unreadable',
    2: 'config-unreadable',
    3: 'config-unreadable',
    4: 'not-kubernetes',
    5: 'not-kubernetes',
    6: 'container-incomplete',
    7: 'container-incomplete',
    8: 'log-driver',
    9: 'not-kubernetes',
  });
  assert.equal(incomplete.find(({ reason }) => reason === 'log-driver')?.detail, 'journald');
});

test('Docker: a container that was read once stays itself, whatever happens to its config', async (t) => {
  const { node, scanDocker } = await setUp(t);
  const { id } = await node.start({ runtime: 'docker', pod, name: 'main' });
  const before = await scanDocker();
  await truncate(join(node.containers, id, 'config.v2.json'), 10);
  assert.deepEqual(await scanDocker(), before);
  await rm(join(node.containers, id), { recursive: true });
  assert.deepEqual(await scanDocker(), { containers: [], incomplete: [] });
});

test('Docker: one that was incomplete is looked at again', async (t) => {
  const { node, scanDocker } = await setUp(t);
  const id = 'c'.repeat(64);
  await mkdir(join(node.containers, id));
  assert.equal((await scanDocker()).incomplete[0]?.reason, 'container-incomplete');
  await node.start({ runtime: 'docker', pod, name: 'main', id });
  assert.deepEqual(
    (await scanDocker()).containers.map((one) => one.id),
    [id],
  );
});

test('CRI: names from the path, the id from the link', async (t) => {
  const { node, scanAll } = await setUp(t);
  const made = await node.start({ pod, name: 'main', restart: 2 });
  assert.deepEqual((await scanAll()).containers, [
    {
      runtime: 'cri',
      id: made.id,
      name: 'main',
      restart: 2,
      pod,
      sandbox: false,
      log: { path: made.log, format: 'cri' },
      directory: join(node.pods, 'default_shop-1_uid-1', 'main'),
    },
  ]);
});

test('CRI: each restart is an instance, rotated siblings are none', async (t) => {
  const { node, scanAll } = await setUp(t);
  await node.start({ pod, name: 'main', restart: 0 });
  const last = await node.start({ pod, name: 'main', restart: 1 });
  await node.rotate(last);
  await writeFile(`${last.log}.20260101-000000.gz`, '');
  assert.deepEqual(
    (await scanAll()).containers.map(({ restart }) => restart),
    [0, 1],
  );
});

test('CRI: a long name costs the id, and a missing directory of links costs all of them', async (t) => {
  const { node, scanAll } = await setUp(t);
  const long = { ...pod, name: 'p'.repeat(200) };
  await node.start({ pod: long, name: 'main' });
  assert.deepEqual(
    (await scanAll()).containers.map(({ id, pod }) => [id, pod.name]),
    [['', long.name]],
  );
  const bare = await setUp(t, { links: false });
  await bare.node.start({ pod, name: 'main' });
  assert.deepEqual(
    (await bare.scanAll()).containers.map(({ id }) => id),
    [''],
  );
});

test('CRI: links that lead nowhere or in circles are no ids and no hang', async (t) => {
  const { node, scanAll } = await setUp(t);
  const made = await node.start({ pod, name: 'main' });
  await symlink('/nowhere/at/all/0.log', join(node.links, `gone_default_main-${'d'.repeat(64)}.log`));
  const loop = join(node.links, `loop_default_main-${'e'.repeat(64)}.log`);
  await symlink(loop, loop);
  assert.deepEqual(
    (await scanAll()).containers.map(({ id }) => id),
    [made.id],
  );
});

test('CRI: a new container directory is incomplete until its log is there', async (t) => {
  const { node, scanAll } = await setUp(t);
  const directory = join(node.pods, 'default_shop-1_uid-1', 'main');
  await mkdir(directory, { recursive: true });
  const { containers, incomplete } = await scanAll();
  assert.deepEqual(containers, []);
  assert.deepEqual(
    incomplete.map((one) => [one.directory, one.reason]),
    [[directory, 'container-incomplete']],
  );
});

test('a Docker container is found once, though both layouts show it', async (t) => {
  const { node, scanAll } = await setUp(t);
  const { id } = await node.start({ runtime: 'docker', pod, name: 'main', restart: 4 });
  const { containers, incomplete } = await scanAll();
  assert.deepEqual(incomplete, []);
  assert.deepEqual(
    containers.map((one) => [one.id, one.restart, one.image, one.directory]),
    [[id, 4, 'registry.example/shop:1.2', join(node.containers, id)]],
  );
});

test("the kubelet's links alone do for a Docker node, if what they lead to is mounted", async (t) => {
  const { node } = await setUp(t);
  const made = await node.start({ runtime: 'docker', pod, name: 'main' });
  const scan = createScan({ pods: node.pods, links: node.links });
  assert.deepEqual(
    (await scan()).containers.map(({ id, runtime, log }) => [id, runtime, log.format]),
    [[made.id, 'docker', 'docker']],
  );
  await rm(made.log);
  const { containers, incomplete } = await scan();
  assert.deepEqual(containers, []);
  assert.equal(incomplete[0]?.reason, 'log-missing');
  assert.match(incomplete[0].detail, new RegExp(made.log));
});

test('both runtimes on one node', async (t) => {
  const { node, scanAll } = await setUp(t);
  await node.start({ runtime: 'docker', pod, name: 'old' });
  await node.start({ runtime: 'cri', pod, name: 'new' });
  assert.deepEqual((await scanAll()).containers.map(({ name }) => name).sort(), ['new', 'old']);
});

test('a directory that cannot be read is an error that names the option, an empty one is empty', async (t) => {
  const { root, node, scanAll } = await setUp(t);
  assert.deepEqual(await scanAll(), { containers: [], incomplete: [] });
  await rm(node.pods, { recursive: true });
  await assert.rejects(scanAll(), /--pods-path .*pods can't be read: ENOENT/);
  await assert.rejects(createScan({ containers: join(root, 'none') })(), /--containers-path .*none can't be read/);
  await assert.rejects(createScan({})(), /mount one/);
});

test('without options the usual places are taken that there are', () => {
  const exists = (path: string) => ['/mnt/containers', '/var/log/pods'].includes(path);
  assert.deepEqual(rootsOf({}, exists), {
    containers: '/mnt/containers',
    pods: '/var/log/pods',
    links: '/var/log/containers',
  });
  assert.deepEqual(rootsOf({ 'containers-path': '/x' }, exists), {
    containers: '/x',
    pods: undefined,
    links: undefined,
  });
  assert.deepEqual(rootsOf({ 'pods-path': '/logs/pods' }, exists), {
    containers: undefined,
    pods: '/logs/pods',
    links: '/logs/containers',
  });
  assert.deepEqual(
    rootsOf({}, () => false),
    { containers: undefined, pods: undefined, links: undefined },
  );
});
