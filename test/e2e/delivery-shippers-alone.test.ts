// ship without the watcher, by its manifests, on a real cluster with both runtimes: manifests/ship-alone sends, and
// manifests/loggy prints.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { objectsIn, type Thing } from '../delivery/objects.ts';
import { apply, asked, manifest, moved, podsOf, remove, rolledOut, said, type Change } from './support/applied.ts';
import { root } from './support/helm.ts';
import { pod } from './support/objects.ts';
import { buildImage, type Stored } from './support/release.ts';
import { openTestbed, skipLong as skip, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';

const nodes = ['docker', 'containerd'] as const;
const many = 2000;
/** Seconds for all to arrive, on a slow machine. */
const patience = 300;
const counting = `i=0; while [ $i -lt ${many} ]; do i=$((i+1)); echo "$i"; [ $((i % 50)) != 0 ] || sleep 0.2; done; sleep 3600`;

describe('ship alone on a cluster', { skip }, () => {
  let testbed: Testbed;

  before(async () => {
    testbed = await openTestbed();
    await buildImage(testbed);
    // The images of the manifests can't be pulled here.
    const directory = await mkdtemp(join(tmpdir(), 'klw-image-'));
    await writeFile(join(directory, 'Dockerfile'), 'FROM busybox:1.35\n');
    await testbed.script('image', 'build', directory, 'busybox:1.37');
    await rm(directory, { recursive: true });
  });
  after(() => testbed.close());

  async function inNamespace(work: (place: Place) => Promise<void>) {
    const namespace = `e2e-${randomBytes(4).toString('hex')}`;
    const things: Thing[] = [];
    const add = async (more: readonly Thing[], change: Change = {}) => {
      const own = moved(more, namespace, change);
      things.push(...own);
      await apply(testbed, own);
    };
    const start = () =>
      apply(
        testbed,
        nodes.map((node) => {
          const made = pod(`counter-${node}`, node, { script: counting });
          return { ...made, metadata: { ...made.metadata, namespace } };
        }),
      );
    await testbed.kubectl(['create', 'namespace', namespace]);
    try {
      await work({ namespace, add, start });
    } catch (error) {
      throw new Error(await said(testbed, namespace), { cause: error });
    } finally {
      await remove(testbed, things, namespace);
    }
  }

  it('manifests/ship-alone sends each line once, over a restart of its own', async () => {
    await inNamespace(async ({ namespace, add, start }) => {
      const serve = await manifest(testbed, 'serve');
      // Without a volume: there is nobody here who would make one.
      for (const { kind, spec } of serve)
        if (kind === 'StatefulSet' && spec) {
          delete spec['volumeClaimTemplates'];
          spec.template?.spec.volumes?.push({ name: 'data', emptyDir: {} });
        }
      await add(serve);
      const { spec } = await testbed.kubectlJson<{ spec: { clusterIP: string } }>(
        'get',
        'service/kube-log-watcher-serve',
        '-n',
        namespace,
      );
      const url = `http://${spec.clusterIP}:8080`;
      await rolledOut(testbed, namespace, 'statefulset/kube-log-watcher-serve');
      await add(await manifest(testbed, 'ship-alone'), {
        text: (text) => text.replace('http://loki.logging.svc:3100', url),
      });
      await rolledOut(testbed, namespace, 'daemonset/ship');
      const lines = async (): Promise<Stored[]> => {
        const query = new URLSearchParams({ namespace, match: 'pod=~counter-.*', from: '6h' });
        const { status, body } = await asked(testbed, `${url}/api/export?${query.toString()}`);
        // Busy for a moment.
        if (status !== 200) return [];
        return body
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Stored);
      };
      await start();
      await until('some lines', async () => (await lines()).length > 200);
      await testbed.kubectl(['rollout', 'restart', 'daemonset/ship', '-n', namespace]);
      await rolledOut(testbed, namespace, 'daemonset/ship');
      const all = await until(
        'all lines',
        async () => {
          const found = await lines();
          return found.length >= nodes.length * many && found;
        },
        patience,
      );
      for (const node of nodes) {
        const own = all.filter((line) => line.pod === `counter-${node}`);
        once(
          own.map(({ log }) => log),
          node,
        );
        for (const { container } of own) assert.equal(container, 'main');
      }
    });
  });

  it('manifests/loggy prints what pods write, and not what it prints itself', async () => {
    await inNamespace(async ({ namespace, add, start }) => {
      await add(await manifest(testbed, 'loggy'));
      await rolledOut(testbed, namespace, 'daemonset/loggy');
      await start();
      for (const name of ['counter', 'test-run'])
        await add(objectsIn(await readFile(join(root, 'manifests/loggy', `${name}.yaml`), 'utf8')));
      const printed = async () => {
        const pods = await podsOf(testbed, namespace, 'loggy');
        const logs = pods.map(({ name }) => testbed.kubectl(['logs', '-n', namespace, name]));
        return (await Promise.all(logs)).join('').split('\n');
      };
      const of = (lines: readonly string[], name: string) => {
        const beginning = `${name}_${namespace}_main/[info] : `;
        return lines.filter((line) => line.startsWith(beginning)).map((line) => line.slice(beginning.length));
      };
      const lines = await until(
        'all lines',
        async () => {
          const all = await printed();
          return nodes.every((node) => of(all, `counter-${node}`).length >= many) && all;
        },
        patience,
      );
      for (const node of nodes) once(of(lines, `counter-${node}`), node);
      await until('the pod that counts', async () =>
        (await printed()).some((line) => line.startsWith(`counter_${namespace}_count/[info] : 3: `)),
      );
      assert.deepEqual(
        (await printed()).filter((line) => line.startsWith(`loggy-`)),
        [],
      );
      await rolledOut(testbed, namespace, 'daemonset/test-run');
      const exec = ['exec', '-n', namespace, 'ds/test-run', '--', 'ls', '/var/log/containers'];
      assert.match(await testbed.kubectl(exec), new RegExp(`^counter-.*_${namespace}_main-`, 'm'));
    });
  });
});

interface Place {
  namespace: string;
  add(things: readonly Thing[], change?: Change): Promise<void>;
  /** Starts a pod on each node that counts. */
  start(): Promise<void>;
}

function once(texts: readonly string[], node: string): void {
  const numbers = texts.map(Number).toSorted((a, b) => a - b);
  assert.deepEqual(
    numbers,
    Array.from({ length: many }, (_, at) => at + 1),
    node,
  );
}
