import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deployment } from '../../test/e2e/support/objects.ts';
import { buildImage, createRelease } from '../../test/e2e/support/release.ts';
import { openTestbed } from '../../test/e2e/support/testbed.ts';
import { until } from '../../test/e2e/support/until.ts';
import { imageSizes } from './image.ts';
import type { Memory, Started } from './on-node.ts';
import { containerOf, type Role } from './roles.ts';

/** As many as a kubelet takes, unless it is told otherwise. */
const most = 110;
const script = join(import.meta.dirname, 'on-node.ts');
const node = 'kubernetes\\.io/hostname=node-docker';

export interface Held {
  role: Role;
  /** Of the node, in all. */
  pods: number;
  'lines/s': number;
  memory: Memory;
}

interface Pod {
  spec: { nodeName?: string };
  status: { phase: string };
}

/** The chart as it is, on the node of the test bed that has Docker. */
export async function createBed(roles: readonly Role[]) {
  const name = `sizes-${randomBytes(3).toString('hex')}`;
  const clusterIP = `10.96.${randomInt(100, 250)}.${randomInt(2, 250)}`;
  const testbed = await openTestbed();
  const release = createRelease(testbed, name, clusterIP);
  const idOf = async (role: Role): Promise<string> => {
    const labels = [`namespace=${name}`, `container.name=${containerOf(role)}`];
    const filters = ['pod.', ''].flatMap((at, i) => ['--filter', `label=io.kubernetes.${at}${labels[i]}`]);
    const { stdout, stderr } = await testbed.run('docker', ['docker', 'ps', '--quiet', '--no-trunc', ...filters]);
    const ids = stdout.trim().split('\n').filter(Boolean);
    if (ids.length !== 1) throw new Error(`${role} has ${ids.length} containers: ${stderr}`);
    return ids[0] ?? '';
  };
  const onNode = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await testbed.run('docker', [process.execPath, script, ...args]);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };
  const podsOfNode = async (): Promise<number> => {
    const { items } = await testbed.kubectlJson<{ items: Pod[] }>('get', 'pods', '--all-namespaces');
    return items.filter(({ spec, status }) => spec.nodeName === 'node-docker' && /Pending|Running/.test(status.phase))
      .length;
  };
  const running = async (deployment: string): Promise<number> => {
    const question = ['get', 'deployment', deployment, '-n', name];
    const { status } = await testbed.kubectlJson<{ status: { readyReplicas?: number } }>(...question);
    return status.readyReplicas ?? 0;
  };
  const stored = async (): Promise<number> => {
    const { stdout } = await testbed.run('docker', ['curl', '-sSf', `http://${clusterIP}:8080/metrics`]);
    return Number(/^logwatch_serve_stored_entries_total (\d+)$/m.exec(stdout)?.[1]);
  };
  return {
    async install(): Promise<void> {
      await testbed.kubectl(['create', 'namespace', name]);
      await release.upgrade([`pod.nodeSelector.${node}`, `serve.nodeSelector.${node}`]);
    },
    image: async (): Promise<string> => imageSizes(testbed, await buildImage(testbed)),
    async starts(runs: number): Promise<Record<Role, Started[]>> {
      const times: Record<Role, Started[]> = { watch: [], ship: [], serve: [] };
      for (const role of roles) times[role] = await onNode<Started[]>('start', await idOf(role), String(runs));
      return times;
    },
    /** Memory of each role after so many seconds. */
    async memory(seconds: number): Promise<Held[]> {
      const [began, before] = [Date.now(), await stored()];
      await sleep(seconds * 1000);
      const lines = Math.round(((await stored()) - before) / ((Date.now() - began) / 1000));
      const pods = await podsOfNode();
      const held: Held[] = [];
      for (const role of roles)
        held.push({ role, pods, 'lines/s': lines, memory: await onNode<Memory>('memory', await idOf(role)) });
      return held;
    },
    /** Pods that log a line a second each, until the node has as many as it takes; a few at a time. */
    async fill(): Promise<void> {
      const wanted = most - (await podsOfNode());
      for (let replicas = 0; replicas < wanted;) {
        replicas = Math.min(wanted, replicas + 15);
        const items = [deployment('writer', 'docker', replicas)];
        await testbed.kubectl(['apply', '-n', name, '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
        await until(`${replicas} pods to run`, async () => (await running('writer')) === replicas, 300);
      }
    },
    async close(): Promise<void> {
      await testbed.kubectl(['delete', 'deployment', 'writer', '-n', name, '--ignore-not-found']);
      await release.uninstall();
      await testbed.kubectl(['delete', 'namespace', name, '--wait=false']);
      await testbed.close();
    },
  };
}
