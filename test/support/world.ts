import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createApiServer, type ApiServer } from './api-server.ts';
import { createNode, type MadeContainer } from './node.ts';
import { makePod, type RawPod, type WantedPod } from './pods.ts';
import { end, launch, until, watching, type Ended, type Env, type Program } from './program.ts';
import { temporaryDirectory, tree } from './tree.ts';

const allAgents = ['scalyr', 'appdynamics', 'loki', 'symlinker'];

/** The key that must be in no output but agent.json. */
export const canary = 'CANARY-made-up-key-0001';

export interface Started {
  pod: RawPod;
  container: MadeContainer;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** A made-up node, API server and shippers' directories, and the program between them as a process of its own. */
export async function createWorld(
  t: Pick<TestContext, 'after'>,
  { agents = allAgents, env: more = {}, state = true }: { agents?: string[]; env?: Env; state?: boolean } = {},
) {
  const children: Program[] = [];
  let api: ApiServer | undefined;
  t.after(async () => {
    await Promise.all(children.map(({ stop }) => stop('SIGKILL')));
    await api?.close();
  });
  const root = await temporaryDirectory(t);
  const node = await createNode(root);
  const server = (api = await createApiServer());
  const shipper = join(root, 'shipper');
  const places = Object.fromEntries(allAgents.map((name) => [name, join(shipper, name)])) as Record<string, string>;
  for (const path of Object.values(places)) await mkdir(path, { recursive: true });
  const keyFile = join(root, 'key');
  await writeFile(keyFile, `${canary}\n`);
  const agentJson = join(shipper, 'agent.json');
  const env: Env = {
    PATH: process.env['PATH'],
    WATCHER_AGENTS: agents.join(','),
    WATCHER_CONTAINERS_PATH: node.containers,
    WATCHER_PODS_PATH: node.pods,
    WATCHER_KUBE_URL: server.url,
    WATCHER_INTERVAL: '0.2',
    WATCHER_LINGER: '0.3',
    WATCHER_STATUS_ADDRESS: '127.0.0.1:0',
    CLUSTER_NODE_NAME: 'node-1',
    ...(state && { WATCHER_STATE_PATH: join(root, 'state') }),
    WATCHER_SCALYR_API_KEY_FILE: keyFile,
    WATCHER_SCALYR_DEST_PATH: places['scalyr'],
    WATCHER_SCALYR_CONFIG_PATH: agentJson,
    WATCHER_APPDYNAMICS_DEST_PATH: places['appdynamics'],
    WATCHER_LOKI_DEST_PATH: places['loki'],
    WATCHER_SYMLINK_DIR: places['symlinker'],
    ...more,
  };

  const world = {
    root,
    node,
    api: server,
    shipper,
    places,
    keyFile,
    agentJson,
    env,
    /** All in the shippers' directories; `hidden` tells of temporary files too. */
    tree: (hidden = true) => tree(shipper, { hidden }),
    /** The names of the pods in Scalyr's configuration, in order; none while there is no such file. */
    async shipped(): Promise<string[]> {
      const text = await readFile(agentJson, 'utf8').catch(() => '{"logs":[]}');
      const { logs } = JSON.parse(text) as { logs: { attributes: { pod: string } }[] };
      return logs.map(({ attributes }) => attributes.pod).sort();
    },
    /** A pod in the API server with a container on disk. */
    async pod(name: string, wanted: Partial<WantedPod> & { runtime?: 'docker' | 'cri'; api?: boolean } = {}) {
      const uid = wanted.uid ?? crypto.randomUUID();
      const id = crypto.randomUUID().replaceAll('-', '').repeat(2);
      const labels = { application: name, version: 'v1', ...wanted.labels };
      const pod = makePod({ ...wanted, name, uid, labels, containers: [{ name: 'main', id }] });
      if (wanted.api !== false) server.pods.set(pod);
      const runtime = wanted.runtime ?? 'cri';
      const container = await node.start({ runtime, pod: { namespace: 'default', name, uid }, name: 'main', id });
      return { pod, container } satisfies Started;
    },
    async remove({ pod, container }: Started): Promise<void> {
      server.pods.delete(pod.metadata.uid);
      await node.remove(container);
    },
    /** Runs a command to its end. */
    run: (args: readonly string[], changed: Env = {}): Promise<Ended> => end(launch(args, { ...env, ...changed })),
    /** Starts the watcher and waits for its status server. */
    async start(changed: Env = {}, args: readonly string[] = []): Promise<Program> {
      const program = watching(launch(args, { ...env, ...changed }));
      children.push(program);
      await until('the start of the watcher', () => program.url !== '' || program.child.exitCode !== null);
      if (program.url === '') throw new Error(`the watcher has ended: ${(await program.ended).stderr}`);
      return program;
    },
    /** Starts the watcher and waits until all is well. */
    async startReady(changed: Env = {}): Promise<Program> {
      const program = await world.start(changed);
      await until('a ready watcher', async () => (await program.readyz()).ok);
      return program;
    },
    /** What `render` would change of the shippers' directories for the pods that the API server has; empty if all is right. */
    async difference(pods: readonly RawPod[], changed: Env = {}): Promise<string> {
      const file = join(root, 'pods.json');
      await writeFile(file, JSON.stringify({ kind: 'PodList', items: pods }));
      const { code, stdout, stderr } = await world.run(['render', '--pods', file, '--diff', '/'], changed);
      await rm(file);
      return code === 0 && stdout === '' ? '' : `${code}: ${stdout}${stderr}`;
    },
  };
  return world;
}
