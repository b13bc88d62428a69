import { mkdtemp, rm, rmdir, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOnNode } from './on-node.ts';
import type { Testbed } from './testbed.ts';

/** What is taken for granted of a cluster: names of services, volumes, a disk of its own for each node, policies that hold. */
export interface Furniture {
  /** Directories of the node `docker`, each the volume of one claim; made before it is claimed. */
  claims: readonly { namespace: string; name: string }[];
  /** Directories that are each node's own: nodes of the test bed share the machine's disk but for a few. */
  directories: readonly string[];
  /** Where pods look for names that are not whole, as a cluster sets it for each; its network policies are enforced. */
  namespace: string;
}

const nodes = ['docker', 'containerd'] as const;

/** Gives the test bed what it lacks of a real cluster; the function that is returned takes it back. */
export async function furnish(
  testbed: Testbed,
  { claims, directories, namespace }: Furniture,
): Promise<() => Promise<void>> {
  const root = await mkdtemp(join(tmpdir(), 'klw-furnished-'));
  const undo: (() => Promise<unknown>)[] = [];
  const run = async (node: string, ...args: string[]) => {
    const { code, stderr } = await testbed.run(node, args);
    if (code !== 0) throw new Error(`${node}: ${args.join(' ')} ended with ${code}: ${stderr}`);
  };
  const mount = async (node: string, from: string, to: string) => {
    await run(node, 'mount', '--bind', from, to);
    undo.push(() => run(node, 'umount', to));
  };
  const restore = async () => {
    // All of it, whatever fails on the way.
    const failures: unknown[] = [];
    for (const one of undo.splice(0).toReversed()) await one().catch((error: unknown) => failures.push(error));
    await rm(root, { recursive: true });
    if (failures.length > 0) throw new AggregateError(failures, 'the test bed is not as it was');
  };

  try {
    const address = await apiServer(testbed);
    await writeFile(join(root, 'kubeconfig'), await kubeconfigFor(testbed, address), { mode: 0o600 });
    const script = join(import.meta.dirname, 'name-server.ts');
    const server = [process.execPath, script, address.host, join(root, 'kubeconfig')];
    const names = await startOnNode(testbed, 'cp', server, {}, /^names are answered$/);
    undo.push(() => names.stop());
    const resolving = [`search ${namespace}.svc.cluster.local svc.cluster.local cluster.local`, 'options ndots:5'];
    await writeFile(join(root, 'resolv.conf'), [`nameserver ${address.host}`, ...resolving, ''].join('\n'));

    for (const path of directories)
      if (!existsSync(path)) {
        await mkdir(path);
        undo.push(() => rmdir(path));
      }
    for (const node of nodes) {
      // The kubelet takes it to every pod that is made from now on.
      await mount(node, join(root, 'resolv.conf'), await resolvConfOf(testbed, node));
      for (const path of directories) {
        await run(node, 'mkdir', '-p', ownPlace(root, path));
        undo.push(() => run(node, 'rm', '-rf', ownPlace(root, '')));
        await mount(node, ownPlace(root, path), path);
      }
    }
    const agent = join(import.meta.dirname, 'policy-agent.ts');
    for (const node of nodes) {
      const command = [process.execPath, agent, join(root, 'kubeconfig'), namespace];
      const policies = await startOnNode(testbed, node, command, {}, /^policies are enforced$/);
      undo.push(() => policies.stop());
    }
    for (const claim of claims) {
      const path = ownPlace(root, `/volumes/${claim.name}`);
      await run('docker', 'mkdir', '-p', path);
      undo.push(() => run('docker', 'rm', '-rf', ownPlace(root, '')));
      const volume = volumeFor(claim, path);
      await testbed.kubectl(['apply', '-f', '-'], volume);
      undo.push(() => testbed.kubectl(['delete', 'persistentvolume', volume.metadata.name, '--timeout=60s']));
    }
  } catch (error) {
    await restore();
    throw error;
  }
  return restore;
}

/** Where a node has something of its own: below its /var/log. */
const ownPlace = (root: string, path: string) => `/var/log/${root.split('/').pop()}${path}`;

/** As a provisioner of local volumes makes one: root's, so that the pod's fsGroup has to open it. */
function volumeFor(claimRef: { namespace: string; name: string }, path: string) {
  const terms = [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-docker'] }] }];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${claimRef.namespace}-${claimRef.name}` },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef,
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: terms } },
    },
  };
}

async function resolvConfOf(testbed: Testbed, node: string): Promise<string> {
  const text = await testbed.kubectl(['get', '--raw', `/api/v1/nodes/node-${node}/proxy/configz`]);
  return (JSON.parse(text) as { kubeletconfig: { resolvConf: string } }).kubeletconfig.resolvConf;
}

/** The API server's own address, which leads there from nodes and pods. */
async function apiServer(testbed: Testbed): Promise<{ host: string; port: number }> {
  const { subsets } = await testbed.kubectlJson<{
    subsets: [{ addresses: [{ ip: string }]; ports: [{ port: number }] }];
  }>('get', 'endpoints/kubernetes', '-n', 'default');
  const [{ addresses, ports }] = subsets;
  return { host: addresses[0].ip, port: ports[0].port };
}

async function kubeconfigFor(testbed: Testbed, { host, port }: { host: string; port: number }): Promise<string> {
  const config = await testbed.kubectlJson<{ clusters: { cluster: { server: string } }[] }>(
    'config',
    'view',
    '--raw',
    '--minify',
  );
  for (const { cluster } of config.clusters) cluster.server = `https://${host}:${port}`;
  return JSON.stringify(config);
}
