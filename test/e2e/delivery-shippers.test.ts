// The manifests of the shippers on a real cluster with both runtimes, each with the shipper itself in its pod: what pods
// write arrives with its attributes, over a rotation and a reload. Images are made of the programs of this machine, or
// taken from E2E_IMAGES/NAME.tar, as `docker save` makes them. What is changed is told in support/applied.ts.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { podOf } from '../delivery/objects.ts';
import { apply, manifest, moved, podsOf, remove, rolledOut, said } from './support/applied.ts';
import { shippers, type Shipper } from './support/in-pods.ts';
import { pod } from './support/objects.ts';
import { buildPrograms } from './support/programs.ts';
import type { Receiver } from './support/received.ts';
import { buildImage } from './support/release.ts';
import { openTestbed, skipLong as skip, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';

const nodes = ['docker', 'containerd'] as const;
const many = 12_000;
const few = 300;
/** Seconds for all to arrive, on a slow machine. */
const patience = 300;
const padding = 'x'.repeat(1100);
/** A line, and once it is told to more than a kubelet lets a log grow, over some 20 seconds. */
const counting = `echo 0; until [ -e /go ]; do sleep 0.2; done; i=0; while [ $i -lt ${many} ]; do i=$((i+1)); echo "$i ${padding}"; [ $((i % 100)) != 0 ] || sleep 0.15; done; sleep 3600`;
const short = `i=0; while [ $i -lt ${few} ]; do i=$((i+1)); echo "$i"; done; sleep 3600`;

describe('the manifests of shippers on a cluster', { skip }, () => {
  let testbed: Testbed;

  before(async () => {
    testbed = await openTestbed();
    await buildImage(testbed);
  });
  after(() => testbed.close());

  for (const shipper of shippers)
    it(`${shipper.name} delivers each line with its attributes, over a rotation and a reload`, async (t) => {
      const programs = shipper.programs();
      const archive = join(process.env['E2E_IMAGES'] ?? '/nonexistent', `${shipper.name}.tar`);
      if (typeof programs === 'string' && !existsSync(archive)) return t.skip(programs);
      const things = await manifest(testbed, shipper.name);
      const containers = things.flatMap((thing) => podOf(thing)?.containers ?? []);
      const image = containers.find(({ name }) => name === shipper.container)?.image ?? '';
      if (typeof programs === 'string') await testbed.script('image', 'load', image, archive);
      else await buildPrograms(testbed, image, programs);
      await delivers(shipper);
    });

  async function delivers(shipper: Shipper) {
    const namespace = `e2e-${randomBytes(4).toString('hex')}`;
    const receiver = await shipper.receive();
    await testbed.script('publish', String(receiver.port));
    const address = `10.251.0.1:${receiver.port}`;
    const env = shipper.env?.(address) ?? {};
    // Other tests have pods of their own on the same nodes.
    const own = { ...env, 'kube-log-watcher': { ...env['kube-log-watcher'], WATCHER_INCLUDE_NAMESPACES: namespace } };
    const { text } = shipper;
    const things = moved(await manifest(testbed, shipper.name), namespace, {
      ...(text && { text: (one: string) => text(one, address) }),
      env: own,
    });
    await testbed.kubectl(['create', 'namespace', namespace]);
    try {
      if (shipper.name === 'scalyr')
        await testbed.kubectl([
          'create',
          'secret',
          'generic',
          'scalyr',
          '-n',
          namespace,
          '--from-literal=api-key=made-up',
        ]);
      await apply(testbed, things);
      await rolledOut(testbed, namespace, 'daemonset/kube-log-watcher');
      await counts(shipper, receiver, namespace);
    } catch (error) {
      throw new Error(`${shipper.name}: ${await said(testbed, namespace)}`, { cause: error });
    } finally {
      await remove(testbed, things, namespace);
      await receiver.close();
    }
  }

  async function counts(shipper: Shipper, { lines, unread }: Receiver, namespace: string) {
    const { names, name, container } = shipper;
    const of = (one: string) => lines.filter(({ attributes }) => attributes[names.pod] === one);
    const start = (prefix: string, script: string) => {
      const made = nodes.map((node) => pod(`${prefix}-${node}`, node, { script, labels: labels(prefix) }));
      return apply(
        testbed,
        made.map((one) => ({ ...one, metadata: { ...one.metadata, namespace } })),
      );
    };
    const full = (prefix: string, count: number) => nodes.every((node) => of(`${prefix}-${node}`).length >= count);
    const arrived = (prefix: string, count: number) =>
      until(
        `${count} lines of ${prefix} through ${name}`,
        async () => unread.length > 0 || full(prefix, count),
        patience,
      );
    const restarts = async () => (await podsOf(testbed, namespace, 'kube-log-watcher')).map((one) => one.restarts);

    await start('first', counting);
    // Some look for new logs each half a minute, and know nothing of what was rotated before.
    await arrived('first', 1);
    for (const node of nodes) await testbed.kubectl(['exec', `first-${node}`, '-n', namespace, '--', 'touch', '/go']);
    await arrived('first', 1000);
    const before = await restarts();
    await start('second', short);
    await arrived('second', few);
    // What is missing is told below.
    await arrived('first', many + 1).catch(() => undefined);
    assert.deepEqual(unread, []);
    for (const node of nodes) {
      whole(of(`first-${node}`), many, shipper);
      whole(of(`second-${node}`), few, shipper);
    }
    for (const prefix of ['first', 'second'])
      for (const node of nodes)
        for (const { attributes } of of(`${prefix}-${node}`)) {
          assert.equal(attributes[names.namespace], namespace);
          assert.equal(attributes[names.application], prefix);
          assert.equal(attributes[names.container], 'main');
        }
    assert.deepEqual(
      lines.filter(({ attributes }) => attributes[names.pod] === undefined),
      [],
    );
    assert.deepEqual(await restarts(), before, `${container} was started again`);
    for (const one of await podsOf(testbed, namespace, 'kube-log-watcher'))
      await testbed.kubectl([
        'exec',
        one.name,
        '-n',
        namespace,
        '-c',
        'kube-log-watcher',
        '--',
        'node',
        '/app/main.js',
        'doctor',
      ]);
  }
});

const labels = (application: string) => ({ application, version: 'v1' });

/** Asserts that the numbers at the lines' beginnings are 1 to n, each once where the shipper promises so. */
function whole(lines: Receiver['lines'], to: number, { name, once }: Shipper): void {
  const numbers = lines.map(({ log }) => Number.parseInt(log, 10)).filter((number) => number > 0);
  const seen = new Set(numbers);
  const missing = Array.from({ length: to }, (_, at) => at + 1).filter((one) => !seen.has(one));
  assert.deepEqual(missing.slice(0, 5), [], `${name} has lost ${missing.length} of ${to} lines`);
  if (once) assert.equal(numbers.length, to, `${name} has sent ${numbers.length - to} lines twice`);
}
