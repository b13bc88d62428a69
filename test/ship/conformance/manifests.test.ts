// The manifests of ship alone (A-18, D-09).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { parseAddress } from '../../../src/system/status.ts';
import { home, settingsOf } from '../../support/ships.ts';

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: PodSpec & { selector?: { matchLabels: object }; template?: { metadata: { labels: object }; spec: PodSpec } };
}
interface PodSpec {
  automountServiceAccountToken?: boolean;
  hostNetwork?: boolean;
  hostPID?: boolean;
  securityContext?: Record<string, unknown>;
  containers: {
    args: string[];
    env?: { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }[];
    envFrom?: { configMapRef: { name: string } }[];
    securityContext: Record<string, unknown>;
    volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
    ports?: { containerPort: number }[];
  }[];
  volumes?: { name: string; hostPath?: { path: string } }[];
}
const manifestOf = (path: string) =>
  parseYaml(readFileSync(join(home, 'manifests', path), 'utf8')) as Manifest & Kustomization;
interface Kustomization {
  resources: string[];
  configMapGenerator?: { name: string; literals: string[] }[];
}
/** What ship is told in the manifests of a folder, as the kubelet gives it to the container. */
function toldBy(folder: string) {
  const { resources, configMapGenerator = [] } = manifestOf(`${folder}/kustomization.yaml`);
  const [container] = manifestOf(`${folder}/${resources[0] ?? ''}`).spec.template?.spec.containers ?? [];
  const wanted = container?.envFrom?.map(({ configMapRef }) => configMapRef.name) ?? [];
  const maps = configMapGenerator.filter(({ name }) => wanted.includes(name)).flatMap(({ literals }) => literals);
  assert.equal(maps.length > 0, wanted.length > 0);
  const own = container?.env?.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.fieldRef.fieldPath]) ?? [];
  const [word, ...argv] = container?.args ?? [];
  assert.equal(word, 'ship');
  return settingsOf(argv, Object.fromEntries([...maps.map((one) => one.split(/=(.*)/s).slice(0, 2)), ...own]));
}

for (const [folder, file] of [
  ['ship-alone', 'daemonset.yaml'],
  ['loggy', 'daemonset.yaml'],
  ['loggy', 'test-run.yaml'],
  ['loggy', 'counter.yaml'],
])
  test(`A-18, D-09 manifests/${folder}/${file}: today's API, no rights, nothing of the host but its logs, read only`, () => {
    const { apiVersion, kind, spec } = manifestOf(`${folder}/${file}`);
    assert.equal(`${apiVersion} ${kind}`, file === 'counter.yaml' ? 'v1 Pod' : 'apps/v1 DaemonSet');
    if (spec.template) assert.deepEqual(spec.selector?.matchLabels, spec.template.metadata.labels);
    const pod = spec.template?.spec ?? spec;
    assert.deepEqual([pod.automountServiceAccountToken, pod.hostNetwork, pod.hostPID], [false, undefined, undefined]);
    assert.deepEqual(pod.securityContext?.['seccompProfile'], { type: 'RuntimeDefault' });
    assert.equal(pod.containers.length, 1);
    for (const { securityContext, volumeMounts = [] } of pod.containers) {
      const { runAsUser: own, ...rest } = securityContext;
      const runAsUser: unknown = own ?? pod.securityContext?.['runAsUser'];
      assert.deepEqual(rest, {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      assert.equal(runAsUser, file === 'counter.yaml' ? 65_534 : 0);
      const writable = volumeMounts.filter(({ readOnly }) => !readOnly).map(({ name }) => name);
      assert.deepEqual(writable, file === 'daemonset.yaml' ? ['state'] : []);
      for (const { name } of volumeMounts)
        assert.ok(pod.volumes?.some((volume) => volume.name === name && volume.hostPath));
    }
  });

test('A-18, D-09 what the manifests tell ship is understood: pods of the node to Loki, and as Loggy to stdout', () => {
  const alone = toldBy('ship-alone');
  assert.deepEqual([alone.warnings, alone.destinations.map(({ sink }) => sink)], [[], ['loki']]);
  assert.deepEqual([alone.core['own-pod-name'], alone.core['node-name']], ['metadata.name', 'spec.nodeName']);
  const { core, destinations, warnings } = toldBy('loggy');
  assert.deepEqual([warnings, destinations.map(({ encoding }) => encoding)], [[], ['loggy']]);
  for (const one of [alone.core, core]) {
    assert.equal(one['state-path'], '/state');
    assert.equal(parseAddress(one['status-address'])?.port, 8080);
  }
});
