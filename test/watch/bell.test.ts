import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFile, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { watch as chokidarWatch } from 'chokidar';
import { silent, type Log } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createBell, type BellInput } from '../../src/watch/bell.ts';
import { createNode, type MadeNode } from '../support/node.ts';
import { temporaryDirectory } from '../support/tree.ts';

const pod = { namespace: 'default', name: 'shop-1', uid: 'uid-1' };

interface Rings {
  count: number;
  sources: string[];
  /** Resolves at the first ring that comes after the call. */
  next(): Promise<void>;
}

async function hang(t: TestContext, node: MadeNode, more: Partial<BellInput> = {}) {
  let waiting = Promise.withResolvers<void>();
  const rings: Rings = { count: 0, sources: [], next: () => waiting.promise };
  const metrics = createMetrics();
  const ring = (source: string) => {
    rings.count += 1;
    rings.sources.push(source);
    waiting.resolve();
    waiting = Promise.withResolvers();
  };
  const roots = { containers: node.containers, pods: node.pods, links: node.links };
  const bell = createBell({ roots, interval: 60_000, ring, log: silent, metrics, ...more });
  t.after(() => bell.close());
  const mode = async () => {
    const { values } = await metrics.discoveryMode.get();
    return values.find(({ value }) => value === 1)?.labels.mode;
  };
  return { bell, rings, mode };
}

/** Until the three top watches have told that they are ready. */
async function ready({ rings }: { rings: Rings }) {
  while (rings.count < 3) await rings.next();
}

test('new containers ring, in Docker and in the CRI, also a new container of a known pod', async (t) => {
  const node = await createNode(await temporaryDirectory(t));
  await node.start({ pod, name: 'first' });
  const hung = await hang(t, node);
  await ready(hung);
  for (const made of [
    { runtime: 'docker', pod, name: 'a' },
    { runtime: 'cri', pod: { ...pod, uid: 'uid-2' }, name: 'b' },
    { runtime: 'cri', pod, name: 'c' },
    { runtime: 'cri', pod, name: 'first', restart: 1 },
  ] as const) {
    const rung = hung.rings.next();
    await node.start(made);
    await rung;
  }
});

test('a new container of a known pod rings without any links', async (t) => {
  const node = await createNode(await temporaryDirectory(t), { links: false });
  await node.start({ pod, name: 'first' });
  const hung = await hang(t, node, { roots: { pods: node.pods } });
  while (hung.rings.count < 1) await hung.rings.next();
  const rung = hung.rings.next();
  await node.start({ pod, name: 'second' });
  await rung;
});

test('log lines never ring', async (t) => {
  const node = await createNode(await temporaryDirectory(t));
  const made = [
    await node.start({ runtime: 'docker', pod, name: 'a' }),
    await node.start({ runtime: 'cri', pod, name: 'b' }),
  ];
  const hung = await hang(t, node);
  await ready(hung);
  const before = hung.rings.count;
  for (let round = 0; round < 100; round++) for (const one of made) await node.write(one, ['line']);
  // A container that starts rings in each of the places that it shows in; rings of the lines would have come before.
  const rung = hung.rings.next();
  await node.start({ runtime: 'docker', pod: { ...pod, uid: 'uid-2' }, name: 'c' });
  await rung;
  assert.ok(hung.rings.count - before <= 3, `${hung.rings.count - before} rings`);
});

test('an incomplete directory is followed until it is complete', async (t) => {
  const node = await createNode(await temporaryDirectory(t));
  const id = 'f'.repeat(64);
  await mkdir(join(node.containers, id));
  const hung = await hang(t, node);
  await ready(hung);
  hung.bell.follow([join(node.containers, id)]);
  await hung.rings.next();
  const rung = hung.rings.next();
  await node.start({ runtime: 'docker', pod, name: 'main', id });
  await rung;
  hung.bell.follow([]);
});

test('a directory that is followed in vain is let go', async (t) => {
  const node = await createNode(await temporaryDirectory(t));
  const directory = join(node.containers, 'f'.repeat(64));
  await mkdir(directory);
  const opened: string[] = [];
  const watch: typeof chokidarWatch = (path, options) => {
    opened.push(String(path));
    return chokidarWatch(path, options);
  };
  const hung = await hang(t, node, { timings: { patience: 0 }, watch });
  await ready(hung);
  for (let look = 0; look < 3; look++) hung.bell.follow([directory]);
  assert.equal(opened.filter((path) => path === directory).length, 1);
});

test('the poll rings whatever else happens', async (t) => {
  const node = await createNode(await temporaryDirectory(t));
  const hung = await hang(t, node, { interval: 20 });
  while (hung.rings.sources.filter((source) => source === 'poll').length < 3) await hung.rings.next();
});

test('a top directory that is replaced is watched again', async (t) => {
  const root = await temporaryDirectory(t);
  const node = await createNode(root);
  const hung = await hang(t, node, { interval: 30 });
  await ready(hung);
  await rename(node.containers, join(root, 'aside'));
  await rm(join(root, 'aside'), { recursive: true });
  await mkdir(node.containers);
  const rungBy = async (source: string, after: number) => {
    while (!hung.rings.sources.slice(after).includes(source)) await hung.rings.next();
  };
  await rungBy('inotify', hung.rings.count);
  await rungBy('poll', hung.rings.count);
  const before = hung.rings.count;
  await node.start({ runtime: 'docker', pod, name: 'main' });
  await rungBy('inotify', before);
});

test('when inotify is exhausted, polling goes on alone, is told once, and inotify is tried again', async (t) => {
  const node = await createNode(await temporaryDirectory(t));
  const told: string[] = [];
  const log: Log = {
    ...silent,
    warn: (message) => void told.push(message),
    info: (message) => void told.push(message),
  };
  let tries = 0;
  const watch: typeof chokidarWatch = (path, options) => {
    const watcher = chokidarWatch(path, options);
    if (path === node.containers && ++tries <= 3)
      setImmediate(() => watcher.emit('error', Object.assign(new Error('ENOSPC: made up'), { code: 'ENOSPC' })));
    return watcher;
  };
  const hung = await hang(t, node, { log, watch, timings: { fallback: 5, again: 50 } });
  while ((await hung.mode()) !== 'polling') await hung.rings.next();
  while (!hung.rings.sources.includes('polling')) await hung.rings.next();
  assert.deepEqual(told, ['inotify is not to be had; polling goes on alone']);
  while ((await hung.mode()) !== 'inotify') await hung.rings.next();
  assert.equal(tries, 4);
  assert.deepEqual(told.slice(1), ['inotify is back']);
  assert.ok(!hung.rings.sources.includes('poll'), 'the interval was not over');
  const rung = hung.rings.next();
  await node.start({ runtime: 'docker', pod, name: 'main' });
  await rung;
  assert.equal(hung.rings.sources.at(-1), 'inotify');
});

test('without inotify the interval still asks for its own look', async (t) => {
  const node = await createNode(await temporaryDirectory(t));
  const watch: typeof chokidarWatch = (path, options) => {
    const watcher = chokidarWatch(path, options);
    setImmediate(() => watcher.closed || watcher.emit('error', new Error('EMFILE: made up')));
    return watcher;
  };
  const { rings } = await hang(t, node, { watch, interval: 30, timings: { fallback: 10 } });
  while (rings.sources.filter((source) => source === 'poll').length < 2) await rings.next();
  const [, between = []] = split(rings.sources, 'poll');
  assert.deepEqual(between, ['polling', 'polling']);
});

/** The parts of a list between the separators. */
function split(list: readonly string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  for (const one of list)
    if (one === separator) parts.push([]);
    else parts.at(-1)?.push(one);
  return parts;
}

test('a line does not ring in a directory that is followed, nor one in a plain file among the links', async (t) => {
  const node = await createNode(await temporaryDirectory(t));
  const made = await node.start({ pod, name: 'main' });
  const plain = join(node.links, 'plain.log');
  await writeFile(plain, '');
  const link = join(node.links, 'link.log');
  await symlink('/nowhere', link);
  const hung = await hang(t, node);
  await ready(hung);
  const followed = hung.rings.next();
  hung.bell.follow([join(made.log, '..')]);
  await followed;
  const before = hung.rings.count;
  for (let round = 0; round < 50; round++) {
    await node.write(made, ['line']);
    await appendFile(plain, 'line\n');
  }
  const started = hung.rings.next();
  await node.start({ runtime: 'docker', pod: { ...pod, uid: 'uid-2' }, name: 'other', sandbox: true });
  await started;
  assert.equal(hung.rings.count - before, 1);
  const retargeted = hung.rings.next();
  await unlink(link);
  await symlink('/elsewhere', link);
  await retargeted;
});

test('a directory that is missing is watched once it is there, and nothing above it before', async (t) => {
  const root = await temporaryDirectory(t);
  const node = await createNode(root, { links: false });
  const opened: string[] = [];
  const watch: typeof chokidarWatch = (path, options) => {
    opened.push(String(path));
    return chokidarWatch(path, options);
  };
  const hung = await hang(t, node, { watch });
  while (hung.rings.count < 2) await hung.rings.next();
  assert.deepEqual(opened, [node.containers, node.pods]);
  await mkdir(node.links);
  const rung = hung.rings.next();
  hung.bell.follow([]);
  await rung;
  assert.deepEqual(opened.slice(2), [node.links]);
  const linked = hung.rings.next();
  await symlink('/nowhere', join(node.links, 'a.log'));
  await linked;
  await rm(node.links, { recursive: true });
  hung.bell.follow([]);
  assert.equal(opened.length, 3);
});

test("variables for chokidar don't turn inotify into polling, and are left as they were", async (t) => {
  const given = { CHOKIDAR_USEPOLLING: '1', CHOKIDAR_INTERVAL: '60000' };
  Object.assign(process.env, given);
  t.after(() => Object.keys(given).forEach((name) => delete process.env[name]));
  const node = await createNode(await temporaryDirectory(t));
  const hung = await hang(t, node);
  await ready(hung);
  assert.equal(process.env['CHOKIDAR_USEPOLLING'], '1');
  assert.equal(process.env['CHOKIDAR_INTERVAL'], '60000');
  const rung = hung.rings.next();
  await node.start({ runtime: 'docker', pod, name: 'main' });
  await rung;
});

test('the same with a kernel that grants no watches', async (t) => {
  const inNamespace = ['-Ur', 'sh', '-c'];
  const limit = 'echo 0 > /proc/sys/user/max_inotify_watches';
  if (spawnSync('unshare', [...inNamespace, limit]).status !== 0) {
    t.skip('no user namespaces here');
    return;
  }
  const root = await temporaryDirectory(t);
  const { containers } = await createNode(root);
  await symlink(containers, join(root, 'link'));
  const script = join(import.meta.dirname, '..', 'support', 'exhausted.ts');
  const command = `${limit} && exec ${process.execPath} ${script} ${containers}`;
  const { stdout, status, stderr } = spawnSync('unshare', [...inNamespace, command], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'polling\n');
});
