import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Pod } from '../../src/kubernetes/pod.ts';
import type { Container, Scan } from '../../src/logs/container.ts';
import { silent, type Log } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { createPasses, type Settings, type World } from '../../src/watch/pass.ts';
import type { Snapshot } from '../../src/watch/snapshot.ts';
import { running } from '../support/running.ts';
import { temporaryDirectory, tree } from '../support/tree.ts';
import { noRules } from '../support/rules.ts';

function container(name: string): Container {
  return {
    runtime: 'docker',
    id: name,
    name: 'main',
    restart: 0,
    pod: { namespace: 'default', name, uid: `uid-${name}` },
    sandbox: false,
    log: { path: `/docker/${name}/${name}-json.log`, format: 'docker' },
    directory: `/docker/${name}`,
  };
}

function pod(name: string): Pod {
  return {
    uid: `uid-${name}`,
    name,
    namespace: 'default',
    labels: {},
    annotations: {},
    node: 'n',
    serviceAccount: '',
    ending: false,
    containers: [],
  };
}

interface Fake {
  scan: Scan | Error;
  pods: Pod[];
  synced: boolean;
  now: number;
  saved: Snapshot[];
  logged: string[];
}

async function set(t: TestContext, more: Partial<Fake> & Pick<World, 'snapshot' | 'surroundings'> = {}) {
  const root = await temporaryDirectory(t);
  const fake: Fake = {
    scan: { containers: [], incomplete: [] },
    pods: [],
    synced: true,
    now: 0,
    saved: [],
    logged: [],
    ...more,
  };
  const note = (message: string) => void fake.logged.push(message);
  const log: Log = { ...silent, info: note, warn: note, error: note };
  const one = running(root);
  const passes = createPasses({
    scan: () => (fake.scan instanceof Error ? Promise.reject(fake.scan) : Promise.resolve(fake.scan)),
    pods: {
      get synced() {
        return fake.synced;
      },
      all: () => fake.pods,
    },
    settings: () => ({
      rules: noRules,
      node: { name: 'n', labels: {}, cluster: { id: '', alias: '', environment: '' } },
      linger: 60_000,
      seenByShipper: (path) => path,
      running: [one],
    }),
    waits: { 'container-id-unknown': 2000 },
    patience: 5000,
    now: () => fake.now,
    saveSnapshot: async (snapshot) => void fake.saved.push(structuredClone(snapshot)),
    log,
    metrics: createMetrics(),
    snapshot: more.snapshot,
    surroundings: more.surroundings,
  });
  const disk = async () => (await tree(root))['all.json'];
  return { fake, passes, disk };
}
const found = (...names: string[]): Scan => ({ containers: names.map(container), incomplete: [] });

test('nothing is written before the pods are known', async (t) => {
  const { fake, passes, disk } = await set(t, { scan: found('a'), synced: false });
  await passes.pass(true);
  assert.equal(await disk(), undefined);
  assert.equal(passes.state.applied, false);
  assert.equal(passes.state.verdicts[0]?.reason, 'pods-not-synced');
  fake.synced = true;
  fake.pods = [pod('a')];
  await passes.pass(true);
  assert.equal(await disk(), '["a"]');
});

test('the first apply waits for namespaces and node, but not for long; a later one does not', async (t) => {
  const surroundings = {
    awaited: true,
    within: (settings: Settings) => settings,
    remember: () => ({ nodeLabels: { zone: 'a' } }),
  };
  const { fake, passes, disk } = await set(t, { scan: found('a'), pods: [pod('a'), pod('b')], now: 100, surroundings });
  await passes.pass(true);
  assert.equal(await disk(), undefined);
  assert.equal(passes.state.nextDeadline, 5000);
  fake.now = 5100;
  await passes.pass(true);
  assert.equal(await disk(), '["a"]');
  assert.deepEqual(fake.saved.at(-1)?.nodeLabels, { zone: 'a' });
  fake.scan = found('a', 'b');
  await passes.pass(true);
  assert.equal(await disk(), '["a","b"]');

  surroundings.awaited = false;
  const next = await set(t, { scan: found('a'), pods: [pod('a')], surroundings });
  await next.passes.pass(true);
  assert.equal(await next.disk(), '["a"]');
});

test('a look that fails changes nothing, and is told once', async (t) => {
  const { fake, passes, disk } = await set(t, { scan: found('a'), pods: [pod('a')] });
  await passes.pass(true);
  fake.scan = new Error('EACCES');
  for (let pass = 0; pass < 3; pass++) await passes.pass(true);
  assert.equal(await disk(), '["a"]');
  assert.equal(passes.state.scanError, 'EACCES');
  assert.equal(fake.logged.filter((line) => line.startsWith('the look at the disk failed')).length, 1);
});

test('an empty disk while pods live changes nothing, however long it lasts', async (t) => {
  const { fake, passes, disk } = await set(t, { scan: found('a'), pods: [pod('a')] });
  await passes.pass(true);
  fake.scan = found();
  for (fake.now = 0; fake.now < 1e6; fake.now += 1e5) await passes.pass(true);
  assert.equal(await disk(), '["a"]');
  fake.pods = [];
  await passes.pass(true);
  assert.equal(await disk(), '["a"]', 'the last pod has gone: now it lingers');
  fake.now += 60_000;
  await passes.pass(true);
  assert.equal(await disk(), '[]');
});

test('a list of pods that is empty though containers are on disk is not believed', async (t) => {
  const { passes, disk, fake } = await set(t, { scan: found('a'), pods: [] });
  await passes.pass(true);
  assert.equal(await disk(), undefined);
  assert.match(passes.state.scanError ?? '', /--node-name/);
  fake.pods = [pod('a')];
  await passes.pass(true);
  assert.equal(await disk(), '["a"]');
});

test('the first apply waits a little for pods that the first list does not know yet', async (t) => {
  const { passes, disk, fake } = await set(t, { scan: found('a', 'b'), pods: [pod('a')] });
  await passes.pass(true);
  assert.equal(await disk(), undefined);
  assert.equal(passes.state.nextDeadline, 5000);
  fake.now = 5000;
  await passes.pass(true);
  assert.equal(await disk(), '["a"]', 'but not for ever');
  fake.scan = found('a', 'b', 'c');
  fake.pods = [pod('a'), pod('c')];
  await passes.pass(true);
  assert.equal(await disk(), '["a","c"]', 'and later ones not at all');
});

test('a snapshot stands in for the API server: what was known stays, gone pods and new ones of known pods too', async (t) => {
  const first = await set(t, { scan: found('a', 'b'), pods: [pod('a'), pod('b'), pod('c')] });
  await first.passes.pass(true);
  first.fake.pods = [pod('a'), pod('c')];
  await first.passes.pass(true);
  const snapshot = first.fake.saved.at(-1);
  assert.ok(snapshot);
  const next = await set(t, { scan: found('a', 'b', 'c', 'd'), synced: false, snapshot });
  await next.passes.pass(true);
  assert.equal(await next.disk(), '["a","b","c"]', 'b is gone from the API, c is new on disk, d is a stranger');
});

test('the snapshot is saved before what rests on it, and only when something changed', async (t) => {
  const { fake, passes } = await set(t, { scan: found('a'), pods: [pod('a')] });
  await passes.pass(true);
  await passes.pass(true);
  assert.equal(fake.saved.length, 1);
  assert.deepEqual(
    fake.saved[0]?.seen.map(({ key }) => key),
    ['a'],
  );
});

test('each decision is logged once', async (t) => {
  const { fake, passes } = await set(t, { scan: found('a'), pods: [pod('a')] });
  for (let pass = 0; pass < 3; pass++) await passes.pass(true);
  fake.scan = found('b');
  fake.pods = [pod('a'), pod('b')];
  for (let pass = 0; pass < 3; pass++) await passes.pass(true);
  assert.deepEqual(
    fake.logged.filter((line) => line.startsWith('container')),
    ['container kept', 'container gone; its configuration lingers', 'container kept'],
  );
});
