import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createScan, rootsOf, type Roots } from '../../src/watch/scan.ts';
import { createNode, dockerConfig, type MadeNode } from '../support/node.ts';
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
  for (let rotation = 0; rotation < 3; rotation++) await node.rotate(last);
  const names = await readdir(join(last.log, '..'));
  assert.equal(names.filter((name) => name.endsWith('.gz')).length, 2);
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
  await node.remove(await node.start({ pod, name: 'removed' }), { link: false });
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

test('CRI: between the two steps of a rotation the container is there, though its log is not', async (t) => {
  const { node, scanAll } = await setUp(t);
  await node.start({ pod, name: 'main', restart: 0 });
  const made = await node.start({ pod, name: 'main', restart: 1 });
  await rename(made.log, `${made.log}.20260102-030405`);
  const { containers, incomplete } = await scanAll();
  assert.deepEqual(
    containers.map(({ restart }) => restart),
    [0],
  );
  assert.deepEqual(
    incomplete.map(({ directory, restart, detail }) => [directory, restart, detail]),
    [[join(made.log, '..'), 1, 'its log is being rotated']],
  );
});

test('CRI: a directory that was emptied is not one that waits for its first log', async (t) => {
  const { node, scanAll } = await setUp(t);
  const made = await node.start({ pod, name: 'main' });
  await scanAll();
  await unlink(made.log);
  for (let look = 0; look < 2; look++) assert.deepEqual(await scanAll(), { containers: [], incomplete: [] });
  await writeFile(join(made.log, '..', '1.log'), '');
  assert.equal((await scanAll()).containers[0]?.restart, 1);
});

test('CRI: a static pod goes by the hash of its configuration', async (t) => {
  const { node, scanAll } = await setUp(t);
  const uid = '0123456789abcdef0123456789abcdef';
  const made = await node.start({ pod: { namespace: 'kube-system', name: 'etcd-node-1', uid }, name: 'etcd' });
  assert.deepEqual(
    (await scanAll()).containers.map(({ id, pod }) => [id, pod.uid, pod.name]),
    [[made.id, uid, 'etcd-node-1']],
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

test('Docker: the same id in a new directory is a new container', async (t) => {
  const { node, scanDocker } = await setUp(t);
  const { id } = await node.start({ runtime: 'docker', pod, name: 'before' });
  assert.equal((await scanDocker()).containers[0]?.name, 'before');
  await rename(join(node.containers, id), join(node.containers, 'aside'));
  await node.start({ runtime: 'docker', pod, name: 'after', id });
  assert.equal((await scanDocker()).containers[0]?.name, 'after');
});

test('Docker: a config that is no JSON is not quoted, since secrets stand in it', async (t) => {
  const { node, scanDocker } = await setUp(t);
  const { id } = await node.start({ runtime: 'docker', pod, name: 'main' });
  await writeFile(join(node.containers, id, 'config.v2.json'), 'PASSWORD=hunter2');
  assert.deepEqual(
    (await scanDocker()).incomplete.map(({ reason, detail }) => [reason, detail]),
    [['config-unreadable', 'config.v2.json is not JSON (16 bytes)']],
  );
});

test('Docker: a pipe in the place of a config does not hang the look', async (t) => {
  const { node, scanDocker } = await setUp(t);
  const { id } = await node.start({ runtime: 'docker', pod, name: 'main' });
  const config = join(node.containers, id, 'config.v2.json');
  await unlink(config);
  spawnSync('mkfifo', [config]);
  assert.equal((await scanDocker()).incomplete[0]?.detail, 'config.v2.json is not a file');
});

test('what one directory keeps from being read costs nobody else, and its containers are not taken for gone', async (t) => {
  if (process.getuid?.() !== 0) {
    t.skip('needs root, to become somebody who may not read');
    return;
  }
  const { root, node, scanAll } = await setUp(t);
  await node.start({ pod, name: 'dark' });
  await node.start({ pod: { ...pod, name: 'shop-2', uid: 'uid-2' }, name: 'bright' });
  const docker = await node.start({ runtime: 'docker', pod: { ...pod, name: 'shop-3', uid: 'uid-3' }, name: 'main' });
  await chmod(root, 0o755);
  assert.equal((await scanAll()).containers.length, 3);
  await chmod(join(node.pods, 'default_shop-1_uid-1'), 0);
  await chmod(join(node.containers, docker.id, 'config.v2.json'), 0);
  const scan = createScan(both(node));
  const [later, first] = await as(65534, () => Promise.all([scanAll(), scan()]));
  assert.deepEqual(
    later.containers.map(({ name }) => name),
    ['main', 'bright'],
  );
  assert.deepEqual(
    later.incomplete.map(({ directory, detail }) => [directory, detail]),
    [
      [join(node.pods, 'default_shop-1_uid-1'), 'permission denied'],
      [join(node.pods, 'default_shop-1_uid-1', 'dark'), 'permission denied'],
    ],
  );
  // One that has not seen Docker's config before knows the container by the kubelet's link alone.
  assert.equal(first.containers.find(({ name }) => name === 'main')?.id, docker.id);
  await chmod(node.pods, 0);
  await assert.rejects(as(65534, scanAll), /--pods-path \(WATCHER_PODS_PATH\) .*EACCES/);
});

/** The looks begin, and since they are synchronous also end, as another user. */
async function as<T>(user: number, look: () => Promise<T>): Promise<T> {
  process.seteuid?.(user);
  try {
    return await look();
  } finally {
    process.seteuid?.(0);
  }
}

test('Docker: with its directory mounted elsewhere than the links say, a container is still found once', async (t) => {
  const { root, node } = await setUp(t);
  const { id } = await node.start({ runtime: 'docker', pod, name: 'main' });
  await rename(node.containers, join(root, 'mounted'));
  const { containers, incomplete } = await createScan({ ...both(node), containers: join(root, 'mounted') })();
  assert.deepEqual([containers.map((one) => one.id), incomplete], [[id], []]);
});

test('Docker: a corrupt config is made up for by the link of the kubelet', async (t) => {
  const { node, scanAll } = await setUp(t);
  const { id } = await node.start({ runtime: 'docker', pod, name: 'main', restart: 2 });
  await truncate(join(node.containers, id, 'config.v2.json'), 7);
  const { containers, incomplete } = await scanAll();
  assert.deepEqual([containers.map((one) => [one.id, one.restart, one.pod]), incomplete], [[[id, 2, pod]], []]);
});

test('Docker: the restart is in the path of the log where no label tells it', async (t) => {
  const { node, scanAll } = await setUp(t);
  const made = await node.start({ runtime: 'docker', pod, name: 'main', restart: 5 });
  const config = dockerConfig(made, node.containers);
  const { 'annotation.io.kubernetes.container.restartCount': _, ...Labels } = config.Config.Labels;
  await writeFile(
    join(node.containers, made.id, 'config.v2.json'),
    JSON.stringify({ ...config, Config: { ...config.Config, Labels } }),
  );
  assert.deepEqual(
    (await scanAll()).containers.map(({ restart, image }) => [restart, image]),
    [[5, 'registry.example/shop:1.2']],
  );
});

test('CRI: two links with different ids to one log are both disbelieved', async (t) => {
  const { node, scanAll } = await setUp(t);
  const made = await node.start({ pod, name: 'main' });
  await symlink(made.log, join(node.links, `shop-1_default_main-${'0'.repeat(64)}.log`));
  assert.equal((await scanAll()).containers[0]?.id, '');
});

test('CRI: a directory is no log, and what is not of the kubelet is passed over', async (t) => {
  const { node, scanAll } = await setUp(t);
  const made = await node.start({ pod, name: 'main' });
  await mkdir(join(made.log, '..', '1.log'));
  await mkdir(join(node.pods, 'lost+found'));
  await writeFile(join(node.pods, 'a_b_c'), '');
  await writeFile(join(node.pods, 'default_shop-1_uid-1', 'stray'), '');
  const { containers, incomplete } = await scanAll();
  assert.deepEqual([containers.map(({ restart }) => restart), incomplete], [[0], []]);
});

test('CRI: a log that leads to itself is missing, and no hang', async (t) => {
  const { node, scanAll } = await setUp(t);
  const made = await node.start({ pod, name: 'main' });
  await unlink(made.log);
  await symlink(made.log, made.log);
  const { containers, incomplete } = await scanAll();
  assert.deepEqual([containers, incomplete.map(({ reason }) => reason)], [[], ['log-missing']]);
  assert.match(incomplete[0]?.detail ?? '', /links go round in circles/);
});

test('links that were asked for must be there', async (t) => {
  const { node } = await setUp(t, { links: false });
  const roots = rootsOf({ 'pods-path': node.pods, 'links-path': node.links });
  await assert.rejects(createScan(roots)(), /--links-path \(WATCHER_LINKS_PATH\) .*containers can't be read: ENOENT/);
  assert.deepEqual((await createScan(rootsOf({ 'pods-path': node.pods }))()).containers, []);
});
