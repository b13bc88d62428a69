import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiServer, type ApiServer } from './api-server.ts';
import { createNode, type MadeContainer } from './node.ts';
import { makePod, type RawPod, type WantedPod } from './pods.ts';
import { temporaryDirectory, tree } from './tree.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const allAgents = ['scalyr', 'appdynamics', 'loki', 'symlinker'];

/** The key that must be in no output but agent.json. */
export const canary = 'CANARY-made-up-key-0001';

type Env = Record<string, string | undefined>;

export interface Line {
  level: string;
  message: string;
  [field: string]: unknown;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A running watcher. */
export interface Program {
  child: ChildProcess;
  url: string;
  /** All it has logged so far. */
  lines: Line[];
  ended: Promise<Ended>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  readyz(): Promise<{ ok: boolean; checks: Record<string, { ok: boolean; detail?: string }> }>;
  /** The value of a metric, by its name with its labels as they are written; undefined where there is none. */
  metric(name: string): Promise<number | undefined>;
  text(path: string): Promise<string>;
  /** Waits until a whole pass that began after the call is over. */
  passes(count?: number): Promise<void>;
}

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

/** Waits for a condition; a failing look counts as not yet. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, patience = 8000): Promise<void> {
  const end = performance.now() + patience;
  let error: unknown;
  const look = async () => {
    try {
      error = undefined;
      return await holds();
    } catch (thrown) {
      error = thrown;
      return false;
    }
  };
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`, { cause: error });
    await sleep(10);
  }
}

function launch(args: readonly string[], env: Env): ChildProcess {
  return spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
}

async function end(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text.stdout += part));
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (text.stderr += part));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...text };
}

function watching(child: ChildProcess): Program {
  const lines: Line[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    const parts = (rest + part).split('\n');
    rest = parts.pop() ?? '';
    lines.push(
      ...parts.map((line) => (line.startsWith('{') ? (JSON.parse(line) as Line) : { level: '', message: line })),
    );
  });
  const program: Program = {
    child,
    lines,
    ended: end(child),
    get url() {
      const started = lines.find(({ message }) => message === 'started');
      return started ? `http://127.0.0.1:${String(started['port'])}` : '';
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return program.ended;
    },
    text: async (path) => (await fetch(program.url + path)).text(),
    readyz: async () => JSON.parse(await program.text('/readyz')) as Awaited<ReturnType<Program['readyz']>>,
    async metric(name) {
      const line = (await program.text('/metrics')).split('\n').find((line) => line.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length + 1));
    },
    async passes(count = 2) {
      const sum = async () =>
        (await program.text('/metrics'))
          .split('\n')
          .filter((line) => line.startsWith('logwatch_passes_total{'))
          .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
      const before = await sum();
      await until(`${count} passes`, async () => (await sum()) >= before + count);
    },
  };
  return program;
}
