import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { features, featuresOf, roles, type FeatureName } from '../../src/kubernetes/rbac.ts';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'src/main.ts');
const documents = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as unknown);
const manifest = (path: string) => documents(readFileSync(join(root, 'manifests', path), 'utf8'));
const names = { name: 'kube-log-watcher', namespace: 'logging' };

test('rbac prints what the table says, and that is what the manifests give', () => {
  const printed = (...words: string[]) =>
    documents(execFileSync(process.execPath, [main, 'rbac', ...words], { encoding: 'utf8' }));
  assert.deepEqual(printed(), roles(['pods'], names));
  assert.deepEqual(
    printed('namespaces', 'nodes', '--name', 'own', '--namespace', 'there'),
    roles(['namespaces', 'nodes'], { name: 'own', namespace: 'there' }),
  );
  assert.deepEqual(manifest('watch/rbac.yaml'), roles(['pods'], names));
  for (const feature of ['namespaces', 'nodes', 'kubelet', 'kubelet-proxy'] as const)
    assert.deepEqual(manifest(`watch/opt-in/rbac-${feature}.yaml`), roles([feature], names));
});

test('an unknown feature is told with those that there are', () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [main, 'rbac', 'pods', 'secrets'], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [2, '']);
  assert.equal(stderr, `"secrets" is no feature; there are ${Object.keys(features).join(', ')}.\n`);
});

test('no feature asks for more than to read, for everything, or for secrets', () => {
  for (const name of Object.keys(features) as FeatureName[])
    for (const { apiGroups, resources, verbs } of features[name].rules) {
      for (const verb of verbs) assert.ok(['get', 'list', 'watch'].includes(verb), `${name}: ${verb}`);
      for (const word of [...apiGroups, ...resources]) assert.doesNotMatch(word, /\*|secrets|configmaps/);
    }
});

test('a configuration asks for the features that it uses', () => {
  const core = { 'pod-source': 'api', 'namespace-labels': false, 'node-labels': false };
  assert.deepEqual(featuresOf(core), ['pods']);
  assert.deepEqual(featuresOf({ ...core, 'pod-source': 'file', 'node-labels': true }), ['nodes']);
  assert.deepEqual(featuresOf({ ...core, 'pod-source': 'kubelet', 'namespace-labels': true }), [
    'kubelet',
    'namespaces',
  ]);
});
