import { join } from 'node:path';
import { objectsIn, podOf, type PodSpec, type Thing } from '../../delivery/objects.ts';
import { root } from './helm.ts';
import type { Testbed } from './testbed.ts';

export interface Change {
  /** Replaces in what the shippers are configured by, the data of ConfigMaps. */
  text?: (text: string) => string;
  /** Variables by their container; undefined takes one out. */
  env?: Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;
  /** The images of containers. */
  images?: Readonly<Record<string, string>>;
}

/** What kustomize makes of `manifests/NAME`. */
export async function manifest(testbed: Testbed, name: string): Promise<Thing[]> {
  return objectsIn(await testbed.kubectl(['kustomize', join(root, 'manifests', name)]));
}

/**
 * The same things for a namespace: names of the cluster are the namespace's, and what is kept on the node is below its
 * /var/log, since nodes of the test bed share the rest of their disk.
 */
export function moved(
  things: readonly Thing[],
  namespace: string,
  { text, env = {}, images = {} }: Change = {},
): Thing[] {
  return structuredClone([...things]).map((thing) => {
    const { metadata } = thing;
    if (thing.kind.startsWith('ClusterRole')) {
      metadata.name = `${namespace}-${metadata.name}`;
      const binding = thing as Thing & { roleRef?: { name: string }; subjects?: { namespace: string }[] };
      if (binding.roleRef) binding.roleRef.name = `${namespace}-${binding.roleRef.name}`;
      for (const subject of binding.subjects ?? []) subject.namespace = namespace;
    } else metadata.namespace = namespace;
    if (text && thing.data)
      thing.data = Object.fromEntries(Object.entries(thing.data).map(([key, one]) => [key, text(one)]));
    const pod = podOf(thing);
    if (pod) changePod(pod, namespace, env, images);
    return thing;
  });
}

function changePod(
  pod: PodSpec,
  namespace: string,
  env: NonNullable<Change['env']>,
  images: NonNullable<Change['images']>,
): void {
  for (const { hostPath } of pod.volumes ?? []) {
    if (!hostPath || hostPath.path.startsWith('/var/log/') || hostPath.path === '/var/lib/docker/containers') continue;
    hostPath.path = hostPath.path.replace(/^\/var\/lib\//, `/var/log/${namespace}/`);
  }
  for (const container of pod.containers) {
    container.image = images[container.name] ?? container.image;
    const changes = env[container.name] ?? {};
    const kept = (container.env ?? []).filter(({ name }) => !Object.hasOwn(changes, name));
    const set = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
    if (Object.keys(changes).length > 0) container.env = [...kept, ...set];
  }
}

export async function apply(testbed: Testbed, items: readonly object[]): Promise<void> {
  await testbed.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
}

/** Removes the things, and what they have kept on the nodes. */
export async function remove(testbed: Testbed, things: readonly Thing[], namespace: string): Promise<void> {
  const items = things.filter(({ kind }) => kind.startsWith('ClusterRole'));
  if (items.length > 0)
    await testbed.kubectl(['delete', '--ignore-not-found', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
  await testbed.kubectl(['delete', 'namespace', namespace, '--timeout=180s']);
  for (const node of ['docker', 'containerd']) await testbed.run(node, ['rm', '-rf', `/var/log/${namespace}`]);
}

interface Pods {
  items: {
    metadata: { name: string };
    status: { podIP?: string; containerStatuses?: { name: string; restartCount: number }[] };
  }[];
}

/** The pods of an application, with their address and how often each of their containers was started again. */
export async function podsOf(testbed: Testbed, namespace: string, application: string) {
  const { items } = await testbed.kubectlJson<Pods>('get', 'pods', '-n', namespace, '-l', `application=${application}`);
  return items.map(({ metadata, status }) => ({
    name: metadata.name,
    address: status.podIP ?? '',
    restarts: Object.fromEntries((status.containerStatuses ?? []).map((one) => [one.name, one.restartCount])),
  }));
}

/** Waits until all pods of a thing are ready; tells what the pods say if they are not. */
export async function rolledOut(testbed: Testbed, namespace: string, thing: string, seconds = 300): Promise<void> {
  try {
    await testbed.kubectl(['rollout', 'status', thing, '-n', namespace, `--timeout=${seconds}s`]);
  } catch (error) {
    throw new Error(await said(testbed, namespace), { cause: error });
  }
}

/** What a namespace's pods look like, and the last that their containers have said. */
export async function said(testbed: Testbed, namespace: string): Promise<string> {
  const pods = await testbed.kubectl(['get', 'pods', '-n', namespace, '-o', 'wide']);
  const logs = ['logs', '-n', namespace, '-l', 'application', '--all-containers', '--prefix', '--tail=15'];
  const beginnings = (text: string) => text.replaceAll(/^(.{500}).+$/gm, '$1…');
  return `${pods}\n${beginnings(await testbed.kubectl(logs).catch(String))}`;
}

/** Asks from the node `docker`, which pods and services are reached from. */
export async function asked(testbed: Testbed, url: string): Promise<{ status: number; body: string }> {
  const { stdout } = await testbed.run('docker', ['curl', '-sS', '-m', '30', '-w', '\n%{http_code}', url]);
  const [, body = '', status = '0'] = /^([^]*)\n(\d+)$/.exec(stdout) ?? [];
  return { status: Number(status), body };
}
