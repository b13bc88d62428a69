import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reservedAttributes } from '../../src/agent/attributes.ts';
import { wantedLabels } from '../../src/agent/labels.ts';

const pod = (labels: Record<string, string>, namespaceLabels: Record<string, string>) =>
  ({ pod: { labels, namespaceLabels } }) as unknown as Parameters<typeof wantedLabels>[0];
const node = { labels: { 'topology.kubernetes.io/zone': 'a', arch: 'arm64' } };
const none = new Set<string>();

test('labels of namespace and node are added by their keys, under names of their own', () => {
  const one = pod({ team: 'pod', tier: 'web' }, { team: 'shop', stage: 'live' });
  assert.deepEqual(wantedLabels(one, node, ['team', 'namespace:team', 'node:topology.kubernetes.io/zone'], none), [
    ['namespace_team', 'shop'],
    ['node_topology_kubernetes_io_zone', 'a'],
    ['team', 'pod'],
  ]);
  assert.deepEqual(wantedLabels(one, node, ['namespace:*', 'node:arch', 'node:missing'], none), [
    ['namespace_stage', 'live'],
    ['namespace_team', 'shop'],
    ['node_arch', 'arm64'],
  ]);
});

test('all labels of the pod are those of the pod alone', () => {
  assert.deepEqual(wantedLabels(pod({ tier: 'web' }, { team: 'shop' }), node, ['*'], none), [['tier', 'web']]);
});

test("a label of the pod can't pass for one of its namespace", () => {
  const one = pod({ namespace_team: 'forged', 'namespace:team': 'forged' }, { team: 'shop' });
  const labels = Object.fromEntries(wantedLabels(one, node, ['*', 'namespace:team'], none));
  assert.equal(labels['namespace_team'], 'shop');
  assert.equal(Object.values(labels).filter((value) => value === 'shop').length, 1);
  const unlabelled = wantedLabels(pod({ namespace_team: 'forged' }, {}), node, ['*', 'namespace:team'], none);
  assert.deepEqual(unlabelled, [['label_namespace_team', 'forged']]);
});

test('no label of a pod takes the name by which a store knows where a line is from', () => {
  const forged = { host: 'a', path: 'b', pod_id: 'c', docker_id: 'd', node: 'e' };
  const names = wantedLabels(pod(forged, {}), node, ['*'], reservedAttributes).map(([name]) => name);
  assert.deepEqual(names, ['label_docker_id', 'label_host', 'label_node', 'label_path', 'label_pod_id']);
});
