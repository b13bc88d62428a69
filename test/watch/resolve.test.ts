import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../src/kubernetes/pod.ts';
import type { Container, Incomplete } from '../../src/logs/container.ts';
import {
  looksUnmounted,
  missed,
  nextDeadline,
  resolve,
  type ResolveInput,
  type Seen,
} from '../../src/watch/resolve.ts';
import { noHints } from '../../src/watch/hints.ts';
import { compileLabelMap } from '../../src/watch/label-map.ts';
import { splitImage } from '../../src/watch/target.ts';

const pod: Pod = {
  uid: 'uid-1',
  name: 'shop-1',
  namespace: 'default',
  labels: { application: 'shop', version: 'v1' },
  annotations: {},
  node: 'node-1',
  serviceAccount: 'shop',
  owner: { kind: 'Deployment', name: 'shop' },
  ending: false,
  containers: [{ name: 'main', kind: 'regular', image: 'shop:1.2', instances: [{ id: 'feed', restart: 0 }] }],
};
const docker: Container = {
  runtime: 'docker',
  id: 'c0ffee',
  name: 'main',
  restart: 0,
  pod: { namespace: 'default', name: 'shop-1', uid: 'uid-1' },
  sandbox: false,
  log: { path: '/docker/c0ffee/c0ffee-json.log', format: 'docker' },
  directory: '/docker/c0ffee',
};
const cri: Container = {
  ...docker,
  runtime: 'cri',
  id: '',
  log: { path: '/pods/default_shop-1_uid-1/main/0.log', format: 'cri' },
  directory: '/pods/default_shop-1_uid-1/main',
};

interface Step {
  containers?: Container[];
  incomplete?: Incomplete[];
  pods?: Pod[];
  synced?: boolean;
  seen?: ReadonlyMap<string, Seen>;
  now?: number;
}

function input({
  containers = [],
  incomplete = [],
  pods = [pod],
  synced = true,
  seen = new Map(),
  now = 0,
}: Step): ResolveInput {
  return {
    scan: { containers, incomplete },
    pods,
    synced,
    seen,
    now,
    linger: 60_000,
    idWait: 2000,
    node: { name: 'node-1', labels: {}, cluster: { id: 'c', alias: 'a', environment: 'production' } },
    seenByShipper: (path) => path.replace('/docker', '/var/lib/docker/containers'),
  };
}
const step = (of: Step) => resolve(input(of));
const only = (seen: ReadonlyMap<string, Seen>) => [...seen.values()][0]!;

test('a container joins its pod by uid, with paths as the shipper sees them', () => {
  const { target } = only(step({ containers: [docker] }));
  assert.equal(target?.id, 'c0ffee');
  assert.equal(target.application, 'shop');
  assert.equal(target.environment, 'production', 'the label falls back to the cluster');
  assert.deepEqual(target.log, {
    path: '/var/lib/docker/containers/c0ffee/c0ffee-json.log',
    directory: '/var/lib/docker/containers/c0ffee',
    file: 'c0ffee-json.log',
    format: 'docker',
  });
  assert.deepEqual(target.pod.owner, { kind: 'Deployment', name: 'shop' });
});

test('a pod of the same name with another uid is another pod', () => {
  const seen = step({ containers: [docker], pods: [{ ...pod, uid: 'uid-2' }] });
  assert.equal(only(seen).pending?.reason, 'pod-unknown');
});

test('a static pod is found by the hash that names its directory', () => {
  const container = { ...cri, id: 'feed', pod: { ...cri.pod, uid: 'hash-1' } };
  const { target } = only(step({ containers: [container], pods: [{ ...pod, configHash: 'hash-1' }] }));
  assert.equal(target?.pod.uid, 'uid-1', 'the API has the word on the uid');
});

test('an unknown pod waits, and that is not the same as an API that was never read', () => {
  assert.equal(only(step({ containers: [docker], pods: [] })).pending?.reason, 'pod-unknown');
  assert.equal(only(step({ containers: [docker], pods: [], synced: false })).pending?.reason, 'pods-not-synced');
});

test('what was known stays when the API forgets the pod or falls ill', () => {
  const known = step({ containers: [docker] });
  for (const synced of [true, false]) {
    const { target, pending } = only(step({ containers: [docker], pods: [], synced, seen: known, now: 1000 }));
    assert.equal(target?.application, 'shop');
    assert.equal(pending, undefined);
  }
});

test('a changed label is seen at once', () => {
  const known = step({ containers: [docker] });
  const changed = { ...pod, labels: { application: 'cart' } };
  assert.equal(only(step({ containers: [docker], pods: [changed], seen: known })).target?.application, 'cart');
});

test('a target has its names from where the operator wants them', () => {
  const labelMap = compileLabelMap({ application: 'owner-name', release: 'namespace' });
  const { target } = only(resolve({ ...input({ containers: [docker] }), labelMap }));
  assert.deepEqual([target?.application, target?.release, target?.version], ['shop', 'default', 'v1']);
  const environments = (labels: Record<string, string>) => {
    const pods = [{ ...pod, labels }];
    const all = { ...input({ containers: [docker], pods }), labelMap: compileLabelMap({ environment: 'stage' }) };
    return only(resolve(all)).target?.environment;
  };
  assert.equal(environments({ stage: 'test', environment: 'x' }), 'test');
  assert.equal(environments({ environment: 'x' }), input({}).node.cluster.environment, 'the own label is none of them');
});

test('a namespace gives its labels, and hints by its annotations', () => {
  const shop = { labels: { tier: 'gold' }, annotations: { 'kubernetes-log-watcher/parser': 'json' } };
  const rules = { ...noHints, allowed: new Set(['parser']) };
  const of = (name: string) =>
    only(resolve({ ...input({ containers: [docker] }), hints: rules, namespaces: new Map([[name, shop]]) }));
  const { target, wanted } = of('default');
  assert.deepEqual(target?.pod.namespaceLabels, { tier: 'gold' });
  assert.deepEqual([target.hints.parser, wanted?.from.parser], ['json', 'namespace']);
  assert.deepEqual(of('other').target?.pod.namespaceLabels, {});
});

test('a gone container lingers, also without its pod, and then goes', () => {
  const known = step({ containers: [docker] });
  const gone = step({ seen: known, pods: [], now: 10_000 });
  assert.equal(only(gone).goneSince, 10_000);
  assert.equal(nextDeadline(gone.values(), { now: 30_000, linger: 60_000, waits: {} }), 40_000);
  const still = step({ seen: gone, pods: [], now: 69_999 });
  assert.equal(only(still).goneSince, 10_000, 'counted from when it was first missing');
  assert.equal(step({ seen: still, pods: [], now: 70_000 }).size, 0);
});

test('a container that comes back is not gone any more', () => {
  const gone = step({ seen: step({ containers: [docker] }), now: 10_000 });
  assert.equal(only(step({ containers: [docker], seen: gone, now: 20_000 })).goneSince, undefined);
});

test('a known container whose files cannot be read is not gone', () => {
  const known = step({ containers: [docker] });
  const incomplete: Incomplete[] = [{ directory: docker.directory, reason: 'config-unreadable', detail: '' }];
  const { target, goneSince } = only(step({ incomplete, seen: known, now: 1e9 }));
  assert.equal(target?.application, 'shop');
  assert.equal(goneSince, undefined);
});

test('the id of a CRI container comes from the link or the pod status, and is waited for', () => {
  assert.equal(only(step({ containers: [{ ...cri, id: 'link' }] })).target?.container.id, 'link');
  assert.equal(only(step({ containers: [cri] })).target?.container.id, 'feed');
  const bare = { ...pod, containers: [{ ...pod.containers[0]!, instances: [] }] };
  const waiting = step({ containers: [cri], pods: [bare] });
  assert.equal(only(waiting).pending?.reason, 'container-id-unknown');
  assert.equal(nextDeadline(waiting.values(), { now: 500, linger: 0, waits: { 'container-id-unknown': 2000 } }), 1500);
  const late = only(step({ containers: [cri], pods: [bare], seen: waiting, now: 2000 }));
  assert.equal(late.target?.container.id, '');
  assert.equal(late.target.id, 'uid-1_main_0');
});

test('an id once known stays known', () => {
  const known = step({ containers: [{ ...cri, id: 'link' }] });
  const bare = { ...pod, containers: [] };
  assert.equal(only(step({ containers: [cri], pods: [bare], seen: known })).target?.container.id, 'link');
});

test('each restart is a container of its own', () => {
  const again = { ...cri, restart: 1, log: { ...cri.log, path: '/pods/default_shop-1_uid-1/main/1.log' } };
  assert.deepEqual([...step({ containers: [cri, again] }).keys()], ['uid-1_main_0', 'uid-1_main_1']);
});

test('a container that went without ever being a target was missed', () => {
  const waiting = step({ containers: [docker], pods: [] });
  const after = step({ seen: waiting });
  assert.deepEqual(
    missed(waiting, after).map(({ pending }) => pending?.reason),
    ['pod-unknown'],
  );
  const known = step({ containers: [docker] });
  assert.deepEqual(missed(known, step({ seen: known, now: 1e9 })), []);
});

test('an empty disk while pods live is a directory that is not mounted', () => {
  const seen = step({ containers: [docker] });
  const empty = { scan: { containers: [], incomplete: [] }, seen };
  assert.equal(looksUnmounted({ ...empty, pods: [pod], synced: true }), true);
  assert.equal(looksUnmounted({ ...empty, pods: [], synced: false }), true, 'nobody can say');
  assert.equal(looksUnmounted({ ...empty, seen: new Map(), pods: [pod], synced: true }), true, 'at the start, too');
  const moved = { scan: { containers: [cri], incomplete: [] }, seen, pods: [pod], synced: true };
  assert.equal(looksUnmounted(moved), false, 'the node has another runtime now');
  const created = { ...pod, containers: [{ ...pod.containers[0]!, instances: [] }] };
  assert.equal(looksUnmounted({ ...empty, seen: new Map(), pods: [created], synced: true }), false, 'a new node');
  assert.equal(looksUnmounted({ ...empty, pods: [], synced: true }), false, 'the last pod of the node has gone');
  assert.equal(
    looksUnmounted({
      ...empty,
      scan: { containers: [{ ...docker, id: 'other' }], incomplete: [] },
      pods: [pod],
      synced: true,
    }),
    false,
  );
});

test('images are split into name, tag and digest', () => {
  const parts = (image: string) => Object.values(splitImage(image)).slice(1);
  assert.deepEqual(parts('nginx'), ['nginx', 'latest', '']);
  assert.deepEqual(parts('registry:5000/team/shop'), ['registry:5000/team/shop', 'latest', '']);
  assert.deepEqual(parts('registry:5000/team/shop:1.2'), ['registry:5000/team/shop', '1.2', '']);
  assert.deepEqual(parts('shop:1.2@sha256:abc'), ['shop', '1.2', 'sha256:abc']);
  assert.deepEqual(parts('shop@sha256:abc'), ['shop', '', 'sha256:abc']);
  assert.deepEqual(parts(''), ['', '', '']);
});
