// serve on a real Cassandra, on a real cluster: by manifests/serve-cassandra and by the chart. Cassandra runs on this
// machine; pods reach it, and are told to, by the address that the test bed publishes its port at.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Thing } from '../delivery/objects.ts';
import { apply, asked, manifest, moved, podsOf, remove, rolledOut, said } from './support/applied.ts';
import { missing, startCluster, type Cluster } from './support/cassandra.ts';
import { helm } from './support/helm.ts';
import { pod } from './support/objects.ts';
import { buildImage, createRelease, type Stored } from './support/release.ts';
import { openTestbed, skipLong as none, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';

const nodes = ['docker', 'containerd'] as const;
const address = '10.251.0.1';
const many = 3000;
const few = 500;
/** Seconds for all to arrive, on a slow machine. */
const patience = 300;
/** Some 40 seconds long, so that much may happen meanwhile. */
const counting = `i=0; while [ $i -lt ${many} ]; do i=$((i+1)); echo "$i"; [ $((i % 8)) != 0 ] || sleep 0.1; done; sleep 3600`;
const short = `i=0; while [ $i -lt ${few} ]; do i=$((i+1)); echo "$i"; done; sleep 3600`;
const serving = 'kube-log-watcher-serve';

describe('serve on Cassandra on a cluster', { skip: none || (missing ?? false) }, () => {
  let testbed: Testbed;

  before(async () => {
    testbed = await openTestbed();
    await buildImage(testbed);
  });
  after(() => testbed.close());

  async function startCassandra(): Promise<Cluster> {
    // What one node alone acknowledges it has synced.
    const durable = { commitlog_sync: 'batch', commitlog_sync_period: undefined };
    const cassandra = await startCluster(1, { ...durable, broadcast_rpc_address: address });
    await testbed.script('publish', String(cassandra.port));
    return cassandra;
  }

  it('manifests/serve-cassandra: waits for Cassandra, keeps every line once, and has it after a restart', async () => {
    const namespace = `e2e-${randomBytes(4).toString('hex')}`;
    const things: Thing[] = [];
    const add = async (name: string, env: Record<string, Record<string, string>>) => {
      const more = moved(await manifest(testbed, name), namespace, { env });
      things.push(...more);
      await apply(testbed, more);
    };
    const start = (prefix: string) =>
      apply(
        testbed,
        nodes.map((node) => {
          const made = pod(`${prefix}-${node}`, node, { script: counting });
          return { ...made, metadata: { ...made.metadata, namespace } };
        }),
      );
    const kubectl = (...args: string[]) => testbed.kubectl(['-n', namespace, ...args]);
    const cassandra = await startCassandra();
    const [node] = cassandra.nodes;
    await node!.stop();
    await testbed.kubectl(['create', 'namespace', namespace]);
    try {
      await add('serve-cassandra', {
        serve: { WATCHER_CASSANDRA_HOSTS: address, CASSANDRA_PORT: String(cassandra.port) },
      });
      const first = await until('an answer of serve', async () => {
        const [one] = await podsOf(testbed, namespace, serving);
        if (!one?.address) return false;
        const { status, body } = await asked(testbed, `http://${one.address}:8080/readyz`);
        return status > 0 && { status, body };
      });
      assert.equal(first.status, 503);
      assert.match(first.body, /Cassandra is not there yet/);

      await node!.start();
      await rolledOut(testbed, namespace, `statefulset/${serving}`);
      const replicas = await podsOf(testbed, namespace, serving);
      assert.equal(replicas.length, 2);
      for (const { restarts } of replicas) assert.deepEqual(restarts, { serve: 0 });

      const service = await testbed.kubectlJson<{ spec: { clusterIP: string } }>(
        'get',
        `service/${serving}`,
        '-n',
        namespace,
      );
      const url = `http://${service.spec.clusterIP}:8080`;
      await add('ship', {
        'kube-log-watcher': { WATCHER_INCLUDE_NAMESPACES: namespace },
        ship: { WATCHER_URL: `${url}/loki/api/v1/push` },
      });
      await rolledOut(testbed, namespace, 'daemonset/kube-log-watcher');
      const lines = async (from: string, pods: string): Promise<Stored[]> => {
        const query = new URLSearchParams({ namespace, match: `pod=~${pods}.*`, from: '6h' });
        const { status, body } = await asked(testbed, `${from}/api/export?${query.toString()}`);
        if (status !== 200) return [];
        return body
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Stored);
      };
      const arrived = (from: string, pods: string, count: number) =>
        until(
          `${count} lines of ${pods}`,
          async () => {
            const found = await lines(from, pods);
            return found.length >= count && found;
          },
          patience,
        );

      await start('first');
      await arrived(url, 'first-', 200);
      // Readiness follows Cassandra, and what is written meanwhile waits in ship.
      await node!.stop('SIGKILL');
      await until('serve to be not ready', async () => {
        const ready = await kubectl('get', 'pods', '-l', `application=${serving}`, '-o', 'jsonpath={..ready}');
        return ready.trim() === 'false false';
      });
      await node!.start();
      await rolledOut(testbed, namespace, `statefulset/${serving}`);
      once(await arrived(url, 'first-', nodes.length * many), 'first');

      await start('second');
      await arrived(url, 'second-', 200);
      await kubectl('rollout', 'restart', `statefulset/${serving}`);
      await rolledOut(testbed, namespace, `statefulset/${serving}`);
      once(await arrived(url, 'second-', nodes.length * many), 'second');
      // Each of them has all.
      for (const replica of await podsOf(testbed, namespace, serving)) {
        const own = `http://${replica.address}:8080`;
        once(await lines(own, 'first-'), 'first');
        once(await lines(own, 'second-'), 'second');
      }
    } catch (error) {
      throw new Error(await said(testbed, namespace), { cause: error });
    } finally {
      await cassandra.remove();
      await remove(testbed, things, namespace);
    }
  });

  it('the chart: two that start at once on nothing', { skip: helm === undefined && 'there is no helm' }, async () => {
    const namespace = `e2e-${randomBytes(4).toString('hex')}`;
    const clusterIP = `10.96.${randomInt(100, 250)}.${randomInt(2, 250)}`;
    const release = createRelease(testbed, namespace, clusterIP);
    const cassandra = await startCassandra();
    await testbed.kubectl(['create', 'namespace', namespace]);
    try {
      await release.upgrade([
        `fullnameOverride=${namespace}`,
        'serve.store=cassandra',
        'serve.replicas=2',
        `serve.cassandra.hosts={${address}}`,
        `serve.cassandra.port=${cassandra.port}`,
        `serve.cassandra.keyspace=k${randomBytes(6).toString('hex')}`,
        `watch.config.include-namespaces={${namespace}}`,
      ]);
      await apply(
        testbed,
        nodes.map((node) => {
          const made = pod(`counter-${node}`, node, { script: short });
          return { ...made, metadata: { ...made.metadata, namespace } };
        }),
      );
      once(await release.arrived('counter-', nodes.length * few), 'counter', few);
    } catch (error) {
      throw new Error(await said(testbed, namespace), { cause: error });
    } finally {
      await cassandra.remove();
      await release.uninstall();
      await testbed.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    }
  });
});

/** Asserts that the pods of a name have all their lines there, each once. */
function once(lines: readonly Stored[], prefix: string, to = many): void {
  const expected = Array.from({ length: to }, (_, at) => at + 1);
  for (const node of nodes) {
    const own = lines.filter((line) => line.pod === `${prefix}-${node}`).map(({ log }) => Number(log));
    assert.deepEqual(
      own.toSorted((a, b) => a - b),
      expected,
      `${prefix}-${node}`,
    );
  }
}
