// The chart on a real cluster with both runtimes: what every kind of workload writes is in serve, each line once.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { features } from '../../src/kubernetes/rbac.ts';
import { createAudited, type Audited } from './support/audited.ts';
import { helm } from './support/helm.ts';
import { deployment, pod, staticPod } from './support/objects.ts';
import { buildImage, createRelease, type Release, type Stored } from './support/release.ts';
import { openTestbed, skipLong as none, type Testbed } from './support/testbed.ts';
import { until } from './support/until.ts';

const skip = none || (helm === undefined && 'there is no helm');
const nodes = ['docker', 'containerd'] as const;
const many = 12_000;
const padding = 'x'.repeat(1100);
/** More than a kubelet lets a log grow, over some 20 seconds. */
const counting = `i=0; while [ $i -lt ${many} ]; do i=$((i+1)); echo "$i ${padding}"; [ $((i % 100)) != 0 ] || sleep 0.15; done; sleep 3600`;
const short = 'i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo "$i"; done';

type DaemonSet = { status: { numberReady: number; desiredNumberScheduled: number } };
type List = { items: { metadata: { name: string; deletionTimestamp?: string } }[] };

/** Asserts that the numbers at the lines' beginnings are 1 to n, each once, for a pod. */
function counted(lines: readonly Stored[], name: string, to: number): void {
  const numbers = lines.filter(({ pod }) => pod === name).map(({ log }) => Number.parseInt(log, 10));
  const missing = Array.from({ length: to }, (_, at) => at + 1).filter((one) => !new Set(numbers).has(one));
  assert.deepEqual(missing.slice(0, 5), [], `${missing.length} lines of ${name} are missing`);
  assert.equal(numbers.length, to, `${name} has lines twice`);
}

describe('the chart on a cluster', { skip }, () => {
  const namespace = `e2e-${randomBytes(4).toString('hex')}`;
  const clusterIP = `10.96.${randomInt(100, 250)}.${randomInt(2, 250)}`;
  const manifests: string[] = [];
  let testbed: Testbed;
  let root: string;
  let audited: Audited;
  let release: Release;
  const kubectl = (...args: string[]) => testbed.kubectl(['-n', namespace, ...args]);
  const apply = (...items: object[]) =>
    testbed.kubectl(['apply', '-n', namespace, '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
  const podsOf = async (application: string) => {
    const { items } = await testbed.kubectlJson<List>(
      'get',
      'pods',
      '-n',
      namespace,
      '-l',
      `application=${application}`,
    );
    return items.map(({ metadata }) => metadata.name);
  };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'klw-e2e-'));
    testbed = await openTestbed();
    audited = await createAudited(testbed, root);
    await buildImage(testbed);
    await testbed.kubectl(['create', 'namespace', namespace]);
    release = createRelease(testbed, namespace, clusterIP);
    await release.upgrade();
  });

  after(async () => {
    await audited.kill();
    for (const path of manifests) await rm(path, { force: true });
    await release.uninstall();
    await testbed.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await testbed.close();
    await rm(root, { recursive: true });
  });

  it('rolls out on every node, and its own test passes', async () => {
    const question = ['get', 'daemonset', namespace, '-n', namespace];
    const { status } = await testbed.kubectlJson<DaemonSet>(...question);
    assert.equal(status.numberReady, nodes.length);
    assert.equal(status.desiredNumberScheduled, nodes.length);
    assert.match(await release.test(), /"healthy":\s*true/);
  });

  it('has nothing to do for doctor on either node', async () => {
    for (const name of await podsOf('kube-log-watcher')) {
      const text = await kubectl('exec', name, '-c', 'kube-log-watcher', '--', 'node', '/app/main.js', 'doctor');
      assert.match(text, /^ok {4}right to watch pods: is given$/m);
      assert.match(text, /^ok {4}logs: \d+ containers, all their logs can be opened$/m);
    }
  });

  it('counts every line once, over rotations, a restart of the DaemonSet and deletions', async () => {
    await apply(...nodes.map((node) => pod(`counter-${node}`, node, { script: counting })));
    await release.arrived('counter-', 2000);
    await apply(...nodes.map((node) => pod(`short-${node}`, node, { script: `${short}; sleep 3600` })));
    await until('the short ones to run', async () => {
      const text = await kubectl(
        'get',
        'pods',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name} {.status.phase}\n{end}',
      );
      return nodes.every((node) => text.includes(`short-${node} Running`));
    });
    // What is deleted before anybody has seen it is lost.
    for (const node of nodes) await release.arrived(`short-${node}`, 1);
    await kubectl('delete', 'pod', ...nodes.map((node) => `short-${node}`), '--wait=false');
    await kubectl('rollout', 'restart', 'daemonset', namespace);
    await kubectl('rollout', 'status', 'daemonset', namespace, '--timeout=300s');
    const lines = await release.arrived('counter-', nodes.length * many);
    for (const node of nodes) counted(lines, `counter-${node}`, many);
    const fleeting = await release.arrived('short-', nodes.length * 500);
    for (const node of nodes) counted(fleeting, `short-${node}`, 500);
  });

  it('takes in every kind of workload', async () => {
    const job = (name: string, node: string) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: { completions: 3, template: template(name, node) },
    });
    const template = (name: string, node: string) => {
      const { metadata, spec } = pod(name, node, { script: 'echo "one second"; sleep 1; echo "is over"' });
      return { metadata: { labels: metadata.labels }, spec: { ...spec, restartPolicy: 'Never' } };
    };
    for (const node of nodes) {
      const sidecar = pod(`sidecar-${node}`, node, { script: 'echo main; sleep 3600', init: 'echo init' });
      sidecar.spec.containers.push({
        ...(sidecar.spec.containers[0] as (typeof sidecar.spec.containers)[0]),
        name: 'beside',
        command: ['sh', '-c', 'echo beside; sleep 3600'],
      });
      await apply(
        deployment(`deployed-${node}`, node, 2),
        job(`job-${node}`, node),
        pod(`crash-${node}`, node, { script: 'echo "before the crash $(date +%s%N)"; exit 1' }),
        pod(`bare-${node}`, node, { labels: {}, script: 'echo unlabelled; sleep 3600' }),
        sidecar,
        {
          apiVersion: 'batch/v1beta1',
          kind: 'CronJob',
          metadata: { name: `cron-${node}` },
          spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template(`cron-${node}`, node) } } },
        },
      );
      const configuration = await testbed.kubectl(['get', '--raw', `/api/v1/nodes/node-${node}/proxy/configz`]);
      const { kubeletconfig } = JSON.parse(configuration) as { kubeletconfig: { staticPodPath: string } };
      const path = join(kubeletconfig.staticPodPath, `${namespace}-${node}.json`);
      manifests.push(path);
      await writeFile(path, JSON.stringify(staticPod(`static-${node}`, namespace)));
    }
    for (const node of nodes) {
      const has = async (pods: string, count: number, text: RegExp) => {
        const found = await until(`${count} of ${text} of ${pods}`, async () => {
          const lines = (await release.lines(`${pods}-${node}`)).filter(({ log }) => text.test(log));
          return new Set(lines.map(({ pod, container, log }) => `${pod} ${container} ${log}`)).size >= count && lines;
        });
        return new Set(found.map(({ container }) => container));
      };
      await has('deployed', 2, /^a line of/);
      await has('job', 3, /^is over$/);
      await has('crash', 2, /^before the crash/);
      await has('bare', 1, /^unlabelled$/);
      await has('static', 1, /^a line of/);
      await has('cron', 1, /^is over$/);
      assert.deepEqual(await has('sidecar', 3, /^(init|main|beside)$/), new Set(['init', 'main', 'beside']));
    }
  });

  it('keeps apart two pods of one name', async () => {
    for (const node of nodes) {
      const script = (text: string) => ({ script: `echo ${text}; sleep 3600` });
      await apply(pod(`again-${node}`, node, script('first')));
      await until('the first', async () => (await release.lines(`again-${node}`)).some(({ log }) => log === 'first'));
      await kubectl('delete', 'pod', `again-${node}`);
      await apply(pod(`again-${node}`, node, script('second')));
      await until('the second', async () => (await release.lines(`again-${node}`)).some(({ log }) => log === 'second'));
      const lines = (await release.lines(`again-${node}`)).map(({ log }) => log);
      assert.deepEqual(lines, ['first', 'second']);
    }
  });

  it('runs with no rights but those of the table', async () => {
    const account = `system:serviceaccount:${namespace}:${namespace}`;
    const may = (verb: string, what: string) =>
      testbed.kubectl(['auth', 'can-i', verb, what, '--as', account, '--all-namespaces']).then(
        (text) => text.trim() === 'yes',
        () => false,
      );
    assert.deepEqual([await may('list', 'pods'), await may('watch', 'pods')], [true, true]);
    for (const [verb, what] of [
      ['get', 'pods'],
      ['list', 'nodes'],
      ['list', 'namespaces'],
      ['list', 'secrets'],
      ['delete', 'pods'],
      ['create', 'pods'],
    ] as const)
      assert.equal(await may(verb, what), false, `${verb} ${what}`);
  });

  it('asks for what the table says and for nothing else, and ships on while the API server is away', async () => {
    await audited.start();
    const { host, port } = audited;
    await release.upgrade([
      'watch.namespaceLabels=true',
      'watch.nodeLabels=true',
      `watch.env.KUBERNETES_SERVICE_HOST=${host}`,
      `watch.env.KUBERNETES_SERVICE_PORT=${port}`,
    ]);
    const through = (name: string, script: string) =>
      apply(...nodes.map((node) => pod(`${name}-${node}`, node, { script })));
    const slow = 'i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo "$i"; sleep 0.1; done; sleep 3600';
    await through('through', slow);
    await release.arrived('through-', nodes.length * 20);
    await audited.kill();
    await through('meanwhile', `${short}; sleep 3600`);
    const lines = await release.arrived('through-', nodes.length * 400);
    for (const node of nodes) counted(lines, `through-${node}`, 400);
    assert.deepEqual(await release.lines('meanwhile-'), [], 'what nobody knows of is not shipped');
    await audited.start();
    const late = await release.arrived('meanwhile-', nodes.length * 500);
    for (const node of nodes) counted(late, `meanwhile-${node}`, 500);
    const rules = (['pods', 'namespaces', 'nodes'] as const).flatMap((name) => [...features[name].rules]);
    const table = rules.flatMap(({ resources, verbs }) =>
      resources.flatMap((what) => verbs.map((verb) => `${verb} ${what}`)),
    );
    assert.deepEqual(await audited.askedBy(`system:serviceaccount:${namespace}:${namespace}`), table.toSorted());
  });
});
