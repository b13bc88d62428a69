import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetsOf, type Targets } from '../../src/all/collect/targets.ts';
import type { Pod } from '../../src/kubernetes/pod.ts';

const pod = (name: string, uid: string, labels: Record<string, string>, configHash?: string): Pod => ({
  uid,
  name,
  namespace: 'default',
  labels,
  configHash,
  annotations: {},
  node: 'node-1',
  serviceAccount: '',
  ending: false,
  containers: [],
});
const none: Targets = new Map();
const told = (more: Record<string, string>) => ({ namespace: 'default', pod: 'web-0', container: 'web', ...more });

test("a log has the labels of its pod, by uid where one is known: a pod's name comes again", () => {
  const pods = [pod('web-0', 'new', { app: 'new' }), pod('etcd-node-1', 'mirror', { tier: 'control' }, 'hash')];
  const logs = new Map<string, Record<string, string>>([
    ['/k/old.log', told({ pod_uid: 'old' })],
    ['/k/new.log', told({ pod_uid: 'new' })],
    ['/k/bare.log', told({})],
    ['/k/static.log', told({ pod: 'etcd-node-1', pod_uid: 'hash' })],
    ['/k/odd.log', {}],
  ]);
  assert.deepEqual(Object.fromEntries(targetsOf(logs, pods, none, true)), {
    '/k/bare.log': { app: 'new' },
    '/k/new.log': { app: 'new' },
    '/k/static.log': { tier: 'control' },
  });
});

test('what was known of a log holds until the log is gone, and is not taken for gone where not all could be seen', () => {
  const before = targetsOf(new Map([['/k/a.log', told({})]]), [pod('web-0', 'a', { app: 'web' })], none, true);
  const same = targetsOf(new Map([['/k/a.log', told({})]]), [], before, true);
  assert.deepEqual([...same], [['/k/a.log', { app: 'web' }]]);
  assert.deepEqual([...targetsOf(new Map(), [], before, false)], [['/k/a.log', { app: 'web' }]]);
  assert.deepEqual([...targetsOf(new Map(), [], before, true)], []);
  const changed = targetsOf(new Map([['/k/a.log', told({})]]), [pod('web-0', 'a', { app: 'shop' })], before, true);
  assert.deepEqual([...changed], [['/k/a.log', { app: 'shop' }]]);
});

test('no label has the name of what tells the place of a line, here or where it is kept', () => {
  const names = ['namespace', 'pod_name', 'container_id', 'docker_id', 'host', 'pod_uid', 'path', 'stream', 'restart'];
  const labels = { ...Object.fromEntries(names.map((name) => [name, 'other'])), 'k8s-app': 'dns', application: 'shop' };
  const all = targetsOf(new Map([['/k/a.log', told({})]]), [pod('web-0', 'a', labels)], none, true).get('/k/a.log');
  const expected = {
    application: 'shop',
    k8s_app: 'dns',
    ...Object.fromEntries(names.map((n) => [`label_${n}`, 'other'])),
  };
  assert.deepEqual(all, expected);
});
