// The chart through helm itself, over a matrix of values. Skipped where there is no helm: `go install
// helm.sh/helm/v3/cmd/helm@v3.19.0` with GOBIN=.cache/bin makes one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { featuresOf, roles } from '../../src/kubernetes/rbac.ts';
import { againstPolicy, objectsIn, podOf, type Thing } from '../delivery/objects.ts';
import { chart, helm, runHelm, template } from './support/helm.ts';
import { matrix } from './support/values.ts';

const of = async (...values: string[]) => objectsIn(await template(values));
const node = (things: Thing[]) => podOf(things.find(({ kind }) => kind === 'DaemonSet') as Thing);
const names = (things: Thing[]) => things.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const variables = (things: Thing[], container = 0) =>
  Object.fromEntries((node(things)?.containers[container]?.env ?? []).map(({ name, value }) => [name, value]));

describe('the chart', { skip: helm === undefined && 'there is no helm' }, () => {
  it('passes helm lint, strictly', async () => {
    await runHelm('lint', chart, '--strict');
  });

  it('without values is the whole path without a vendor', async () => {
    const things = await of();
    assert.deepEqual(names(things).toSorted(), [
      'ClusterRole logs-kube-log-watcher',
      'ClusterRoleBinding logs-kube-log-watcher',
      'DaemonSet logs-kube-log-watcher',
      'NetworkPolicy logs-kube-log-watcher',
      'NetworkPolicy logs-kube-log-watcher-serve',
      'Pod logs-kube-log-watcher-test',
      'Service logs-kube-log-watcher-serve',
      'ServiceAccount logs-kube-log-watcher',
      'StatefulSet logs-kube-log-watcher-serve',
    ]);
    assert.deepEqual(
      node(things)?.containers.map(({ name, image }) => `${name} ${image}`),
      [`kube-log-watcher kube-log-watcher:${manifest.version}`, `ship kube-log-watcher:${manifest.version}`],
    );
    assert.equal(
      variables(things, 1)['WATCHER_URL'],
      'http://logs-kube-log-watcher-serve.logging.svc:8080/loki/api/v1/push',
    );
  });

  for (const [title, values] of Object.entries(matrix))
    it(`with ${title} keeps to the rules, and every name leads somewhere`, async () => {
      const things = await of(...values);
      assert.deepEqual(things.flatMap(againstPolicy), []);
      const all = new Set(names(things));
      for (const thing of things) {
        const { containers = [], volumes = [] } = podOf(thing) ?? {};
        const claimed = JSON.stringify(thing.spec?.['volumeClaimTemplates'] ?? '');
        const known = new Set(volumes.map(({ name }) => name));
        assert.equal(known.size, volumes.length, 'two volumes of one name');
        for (const { name, configMap } of volumes)
          if (configMap) assert.ok(all.has(`ConfigMap ${configMap.name}`), `${name}: ${configMap.name}`);
        for (const { name, volumeMounts = [], env = [] } of containers) {
          for (const mount of volumeMounts)
            assert.ok(known.has(mount.name) || claimed.includes(`"${mount.name}"`), `${name} mounts ${mount.name}`);
          assert.equal(new Set(volumeMounts.map(({ mountPath }) => mountPath)).size, volumeMounts.length, name);
          assert.equal(new Set(env.map((one) => one.name)).size, env.length, `${name} has a variable twice`);
        }
      }
    });

  it('gives the rights of the features that are on, and no others', async () => {
    for (const namespaceLabels of [false, true])
      for (const nodeLabels of [false, true])
        for (const podSource of ['api', 'kubelet']) {
          const things = await of(
            `watch.namespaceLabels=${namespaceLabels}`,
            `watch.nodeLabels=${nodeLabels}`,
            `watch.podSource=${podSource}`,
          );
          const core = { 'pod-source': podSource, 'namespace-labels': namespaceLabels, 'node-labels': nodeLabels };
          const expected = roles(featuresOf(core), { name: 'logs-kube-log-watcher', namespace: 'logging' });
          const rights = (all: readonly object[]) =>
            (all as Thing[]).filter(({ kind }) => kind === 'ClusterRole').map((one) => [one.metadata.name, one.rules]);
          assert.deepEqual(rights(things), rights(expected));
        }
  });

  it('has two shippers of one agent read the same files', async () => {
    const things = await of(
      'shippers.ship.enabled=false',
      'shippers.alloy.enabled=true',
      'shippers.promtail.enabled=true',
    );
    assert.equal(variables(things)['WATCHER_AGENTS'], 'loki');
    const [watcher, ...shippers] = node(things)?.containers ?? [];
    const at = (container: typeof watcher) => container?.volumeMounts?.find(({ name }) => name === 'loki');
    assert.deepEqual(at(watcher), { name: 'loki', mountPath: '/shared/targets' });
    assert.deepEqual(
      shippers.map(({ name }) => name),
      ['alloy', 'promtail'],
    );
    for (const shipper of shippers) assert.deepEqual(at(shipper), { ...at(watcher), readOnly: true });
  });

  it("takes a shipper's configuration, and starts its pods anew for another one", async () => {
    const values = ['shippers.vector.enabled=true'];
    const sum = (things: Thing[]) =>
      (things.find(({ kind }) => kind === 'DaemonSet')?.spec?.template?.metadata as { annotations?: object })
        ?.annotations;
    const before = objectsIn(await template(values));
    const after = objectsIn(await template([...values, 'shippers.vector.config=data_dir: /other']));
    const map = (things: Thing[]) =>
      things.find(({ metadata }) => metadata.name === 'logs-kube-log-watcher-vector')?.data;
    assert.equal(map(before)?.['vector.yaml'], readFileSync(join(chart, '../../vector/vector.yaml'), 'utf8'));
    assert.equal(map(after)?.['vector.yaml']?.trim(), 'data_dir: /other');
    assert.notDeepEqual(sum(before), sum(after));
  });

  it('gives Cassandra the datacenters that are named, and no other', async () => {
    const values = ['serve.store=cassandra', 'serve.cassandra.hosts={c1}', 'serve.cassandra.replicationFactors.dc1=3'];
    const things = await of(...values);
    const serve = things.flatMap((thing) => podOf(thing)?.containers ?? []).find(({ name }) => name === 'serve');
    const factors = serve?.env?.find(({ name }) => name === 'CASSANDRA_REPLICATION_FACTORS')?.value ?? '';
    assert.deepEqual(JSON.parse(factors), { dc1: 3 });
  });

  it('refuses what can not be, and says why', async () => {
    const refused: [string, RegExp][] = [
      ['serve.replicas=2', /SQLite has one writer/],
      ['serve.enabled=false', /shippers\.ship\.url is required without serve/],
      ['shippers.ship.enabled=false', /there would be nothing to write/],
      ['serve.store=postgres', /serve.store|\/serve\/store/],
      ['serve.prot=80', /prot/],
      ['image.digest=sha256:12', /digest/],
    ];
    for (const [value, why] of refused) await assert.rejects(template([value]), why, value);
  });

  it('names an image by its digest where there is one', async () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const things = await of(`image.digest=${digest}`, 'image.repository=registry.example/logs/kube-log-watcher');
    for (const thing of things)
      for (const { image } of podOf(thing)?.containers ?? [])
        assert.equal(image, `registry.example/logs/kube-log-watcher@${digest}`);
  });
});
