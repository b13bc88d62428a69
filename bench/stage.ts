import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, lstatSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiServer } from '../test/support/api-server.ts';
import { createNode, type MadeContainer } from '../test/support/node.ts';
import { makePod, type RawPod } from '../test/support/pods.ts';

export type Runtime = 'docker' | 'cri';

export interface Resident {
  pod: RawPod;
  container: MadeContainer;
}

export interface Watcher {
  pid: number;
  /** Below it stands what the watcher writes. */
  shipper: string;
  /** Milliseconds since the epoch. */
  spawnedAt: number;
  /** Waits until all four agents have these containers, and says when the last file was renamed into place. */
  complete(residents: readonly Resident[]): Promise<number>;
  stop(): Promise<void>;
}

export interface WatcherOptions {
  flags?: readonly string[];
  /** The way to the API server: its plain address, or a kubeconfig as in a cluster. */
  by?: 'kube-url' | 'kubeconfig';
  /** A directory of an earlier watcher to go on from. */
  shipper?: string;
  /** Agents beside the four, and what they need. */
  more?: { agents: readonly string[]; env: Readonly<Record<string, string>> };
}

export type Stage = Awaited<ReturnType<typeof createStage>>;

const program = join(import.meta.dirname, '..', 'dist', 'main.js');
const application = 'shop';
const version = 'v7';

/** A node with containers of a runtime, and an API server that knows their pods; watchers run as processes beside it. */
export async function createStage(runtime: Runtime) {
  const root = await mkdtemp(join(tmpdir(), 'kube-log-watcher-bench-'));
  const node = await createNode(root);
  const api = await createApiServer({ bookmarks: 60_000 });
  const watchers = new Set<Watcher>();
  let made = 0;
  const sweep = () => {
    for (const { pid } of watchers) process.kill(pid);
    rmSync(root, { recursive: true, force: true });
  };
  process.on('exit', sweep);

  const stage = {
    runtime,
    root,
    node,
    api,
    /** A pod with containers: first the API server knows it, then its files come, then the API server its ids. */
    async start(count = 1): Promise<Resident[]> {
      const wanted = {
        name: `shop-7d9f8b6c5-${(made++).toString(36).padStart(5, '0')}`,
        namespace: 'default',
        uid: randomUUID(),
        labels: { application, version, environment: 'test', team: 'checkout' },
        annotations: { 'kubernetes.io/config.source': 'api', 'prometheus.io/scrape': 'true' },
        owner: { kind: 'ReplicaSet', name: 'shop-7d9f8b6c5' },
      };
      const { name, namespace, uid } = wanted;
      const names = Array.from({ length: count }, (_, i) => `main-${i}`);
      api.pods.set(makePod({ ...wanted, containers: names.map((name) => ({ name })) }));
      const containers: MadeContainer[] = [];
      for (const each of names)
        containers.push(await node.start({ runtime, pod: { namespace, name, uid }, name: each }));
      const pod = makePod({ ...wanted, containers: containers.map(({ name, id }) => ({ name, id })) });
      api.pods.set(pod);
      return containers.map((container) => ({ pod, container }));
    },
    async fill(containers: number, pods: number): Promise<Resident[]> {
      const residents: Resident[] = [];
      for (let left = pods; left > 0; left--)
        residents.push(...(await stage.start(Math.ceil((containers - residents.length) / left))));
      return residents;
    },
    /** The last of a container's files that the kubelet makes. */
    linkOf: ({ pod: { metadata }, container: { name, id } }: Resident) =>
      join(node.links, `${metadata.name}_${metadata.namespace}_${name}-${id}.log`),
    /** A pod with a single container ends. */
    async remove({ pod, container }: Resident): Promise<void> {
      await node.remove(container);
      api.pods.delete(pod.metadata.uid);
    },
    async watcher({
      flags = imageFlags(),
      by = 'kube-url',
      shipper: given,
      more,
    }: WatcherOptions = {}): Promise<Watcher> {
      const shipper = given ?? (await mkdtemp(join(root, 'shipper-')));
      const keyFile = join(shipper, 'key');
      const kubeconfig = join(shipper, 'kubeconfig');
      for (const name of ['scalyr', 'jobs', 'loki', 'links']) await mkdir(join(shipper, name), { recursive: true });
      await writeFile(keyFile, 'made-up\n');
      await writeFile(kubeconfig, JSON.stringify(kubeconfigFor(api.url)));
      const spawnedAt = Date.now();
      const child = spawn(process.execPath, [...flags, program], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          ...(flags.length > 0 && imageVariables()),
          WATCHER_AGENTS: [...agents, ...(more?.agents ?? [])].join(),
          ...(runtime === 'docker' && { WATCHER_CONTAINERS_PATH: node.containers }),
          WATCHER_PODS_PATH: node.pods,
          ...(by === 'kube-url' ? { WATCHER_KUBE_URL: api.url } : { WATCHER_KUBECONFIG: kubeconfig }),
          CLUSTER_NODE_NAME: 'node-1',
          WATCHER_CLUSTER_ID: 'bench',
          WATCHER_STATE_PATH: join(shipper, 'state'),
          WATCHER_STATUS_ADDRESS: '127.0.0.1:0',
          WATCHER_SCALYR_API_KEY_FILE: keyFile,
          WATCHER_SCALYR_DEST_PATH: join(shipper, 'scalyr'),
          WATCHER_SCALYR_CONFIG_PATH: configOf(shipper),
          WATCHER_APPDYNAMICS_DEST_PATH: join(shipper, 'jobs'),
          WATCHER_LOKI_DEST_PATH: join(shipper, 'loki'),
          WATCHER_SYMLINK_DIR: join(shipper, 'links'),
          ...more?.env,
        },
      });
      const log = join(shipper, 'log');
      child.stderr.pipe(createWriteStream(log));
      const exit = once(child, 'exit');
      const watcher: Watcher = {
        pid: child.pid ?? 0,
        shipper,
        spawnedAt,
        async complete(residents) {
          const paths = residents.flatMap((resident) => outputsOf(resident, shipper));
          for (const end = Date.now() + 60_000; ; await sleep(5)) {
            if (child.exitCode !== null || Date.now() > end)
              throw new Error(`the watcher did not come to an end:\n${(await readFile(log, 'utf8')).slice(-3000)}`);
            const times = paths.map(changedAt);
            if (!times.every((time) => time !== undefined)) continue;
            const config = await readFile(configOf(shipper), 'utf8').catch(() => '');
            if (residents.every(({ pod }) => config.includes(`"${pod.metadata.name}"`)))
              return Math.max(changedAt(configOf(shipper)) ?? 0, ...times);
          }
        },
        async stop() {
          watchers.delete(watcher);
          child.kill('SIGTERM');
          await exit;
        },
      };
      watchers.add(watcher);
      return watcher;
    },
    async close(): Promise<void> {
      for (const watcher of watchers) await watcher.stop();
      await api.close();
      process.off('exit', sweep);
      await rm(root, { recursive: true, force: true });
    },
  };
  return stage;
}

/** The Scalyr agent's configuration, which names all containers. */
export const configOf = (shipper: string) => join(shipper, 'agent.json');

/** The files and links that are a container's own, in the order of {@link agents}. */
export function outputsOf({ container, pod }: Resident, shipper: string): string[] {
  const { runtime, id: containerId, name, restart } = container;
  const id = runtime === 'docker' ? containerId : `${pod.metadata.uid}_${name}_${restart}`;
  const { namespace, name: podName } = pod.metadata;
  return [
    join(shipper, 'scalyr', id, `${application}-${version}.log`),
    join(shipper, 'jobs', `container-${id}-jobfile.job`),
    join(shipper, 'loki', `${id}.${runtime}.json`),
    join(shipper, 'links', id, application, application, namespace, 'test', version, name, `${podName}.log`),
  ];
}

export const agents = ['scalyr', 'appdynamics', 'loki', 'symlinker'] as const;

const dockerfile = () => readFileSync(join(import.meta.dirname, '..', 'Dockerfile'), 'utf8');

/** The flags of Node with which the image runs. */
export function imageFlags(): string[] {
  const command = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile())?.[1] ?? '[]') as string[];
  return command.slice(1, -1);
}

/** What it sets for the allocator. */
function imageVariables(): Record<string, string> {
  return Object.fromEntries(
    [...dockerfile().matchAll(/\b(MALLOC_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** When a file or link was last made, renamed or changed, by the file system's clock: milliseconds since the epoch. */
export function changedAt(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ctimeMs;
}

function kubeconfigFor(server: string) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'bench', user: { token: 'made-up' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  };
}
