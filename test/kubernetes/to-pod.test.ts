import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toPod } from '../../src/kubernetes/to-pod.ts';
import { makePod } from '../support/pods.ts';

test('a pod is cut to what is used', () => {
  const raw = makePod({
    name: 'shop-7d9f8b6c5-abcde',
    uid: 'uid-1',
    labels: { application: 'shop', 'pod-template-hash': '7d9f8b6c5' },
    annotations: { note: 'x' },
    owner: { kind: 'ReplicaSet', name: 'shop-7d9f8b6c5' },
    containers: [{ name: 'main', id: 'aa', restart: 2, image: 'shop:1' }],
    initContainers: [
      { name: 'migrate', id: 'bb' },
      { name: 'proxy', restartPolicy: 'Always' },
    ],
  });
  assert.deepEqual(toPod(raw), {
    uid: 'uid-1',
    name: 'shop-7d9f8b6c5-abcde',
    namespace: 'default',
    labels: { application: 'shop', 'pod-template-hash': '7d9f8b6c5' },
    annotations: { note: 'x' },
    node: 'node-1',
    serviceAccount: 'default',
    owner: { kind: 'Deployment', name: 'shop' },
    ending: false,
    containers: [
      { name: 'migrate', kind: 'init', image: 'registry.example/shop:1.2', instances: [{ id: 'bb', restart: 0 }] },
      { name: 'proxy', kind: 'sidecar', image: 'registry.example/shop:1.2', instances: [] },
      { name: 'main', kind: 'regular', image: 'shop:1', instances: [{ id: 'aa', restart: 2 }] },
    ],
  });
});

test('the status tells this instance and the one before it', () => {
  const status = (containerID: string, last: string, restartCount: number) => ({
    name: 'main',
    restartCount,
    containerID,
    lastState: { terminated: { containerID: last } },
  });
  const instances = (of: object) => {
    const pod = makePod({ name: 'a', containers: [{ name: 'main' }] });
    return toPod({ ...pod, status: { containerStatuses: [of] } })?.containers[0]?.instances;
  };
  assert.deepEqual(instances(status('docker://b', 'docker://a', 3)), [
    { id: 'b', restart: 3 },
    { id: 'a', restart: 2 },
  ]);
  assert.deepEqual(
    instances(status('cri-o://b', 'cri-o://b', 3)),
    [{ id: 'b', restart: 3 }],
    'it waits for its restart',
  );
});

test('a pod whose deletion was asked for is ending', () => {
  const raw = makePod({ name: 'a' });
  const metadata = { ...raw.metadata, deletionTimestamp: '2026-01-02T03:05:00Z', deletionGracePeriodSeconds: 30 };
  assert.equal(toPod({ ...raw, metadata })?.ending, true);
});

test('ephemeral containers and static pods', () => {
  const raw = makePod({ name: 'etcd-node-1', annotations: { 'kubernetes.io/config.hash': 'hash-1' } });
  const pod = toPod({ ...raw, spec: { ...raw.spec, ephemeralContainers: [{ name: 'debugger', image: 'busybox' }] } });
  assert.equal(pod?.configHash, 'hash-1');
  assert.deepEqual(pod.containers.at(-1), { name: 'debugger', kind: 'ephemeral', image: 'busybox', instances: [] });
});

test('a ReplicaSet that no Deployment has made stays the owner', () => {
  const owner = { kind: 'ReplicaSet', name: 'shop-7d9f8b6c5' };
  assert.deepEqual(toPod(makePod({ name: 'a', owner }))?.owner, owner);
});

test('whatever JSON comes, it is a pod or undefined, and never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('metadata', 'spec', 'status'), (value, key) => {
      toPod(value);
      const pod = toPod({ ...makePod({ name: 'a' }), [key]: value });
      assert.ok(key === 'metadata' || pod !== undefined);
    }),
  );
});
