import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Explanation } from '../../../src/watch/explanation.ts';
import type { Ran, Testbed } from './testbed.ts';
import { until } from './until.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

/** The watcher as a process on a node, with the shippers' directories below `shipper`. */
export interface Watcher {
  readonly shipper: string;
  start(): Promise<void>;
  /** Asks it to end; its exit code. */
  stop(): Promise<number | null>;
  /** Its status address, on the node. */
  readonly url: string;
  /** What its status address answers at a path. */
  get(path: string): Promise<{ status: number; body: string }>;
  explain(of: string): Promise<Explanation[]>;
  /** Runs a command of the program on the node, with the same settings. */
  command(...args: string[]): Promise<Ran>;
  /** Empties the shippers' directories. */
  prepare(): Promise<void>;
  /** What it has logged. */
  readonly log: readonly string[];
}

export function createWatcher(
  testbed: Testbed,
  node: string,
  where: { root: string; kubeconfig: string; namespace: string; env?: Readonly<Record<string, string>> },
): Watcher {
  const { root, kubeconfig, namespace } = where;
  const shipper = join(root, 'shipper');
  const places = ['scalyr', 'jobs', 'loki', 'links'].map((name) => join(shipper, name));
  const keyFile = join(root, 'scalyr-key');
  const env = {
    WATCHER_AGENTS: 'scalyr,appdynamics,loki,symlinker',
    WATCHER_KUBECONFIG: kubeconfig,
    WATCHER_NODE_NAME: `node-${node}`,
    WATCHER_CLUSTER_ID: 'e2e',
    WATCHER_INCLUDE_NAMESPACES: namespace,
    WATCHER_LINGER: '3',
    WATCHER_STATE_PATH: join(root, 'state'),
    WATCHER_STATUS_ADDRESS: '127.0.0.1:0',
    WATCHER_SCALYR_API_KEY_FILE: keyFile,
    WATCHER_SCALYR_DEST_PATH: places[0],
    WATCHER_SCALYR_CONFIG_PATH: join(shipper, 'agent.json'),
    WATCHER_APPDYNAMICS_DEST_PATH: places[1],
    WATCHER_LOKI_DEST_PATH: places[2],
    WATCHER_SYMLINKER_DIR: places[3],
    ...where.env,
  };
  const log: string[] = [];
  let child: ChildProcess | undefined;
  let pid = '';
  let port = 0;

  const url = () => `http://127.0.0.1:${port}`;
  const command = (...args: string[]) => testbed.run(node, [process.execPath, main, ...args], env);
  return {
    shipper,
    log,
    get url() {
      return url();
    },
    command,
    async prepare() {
      await Promise.all([join(root, 'state'), ...places].map((path) => mkdir(path, { recursive: true })));
      await writeFile(keyFile, 'made-up-key\n');
    },
    async start() {
      port = 0;
      pid = '';
      // The process is ended by its id on the node: what stands between here and there passes no signals on.
      const args = ['sh', '-c', 'echo $$; exec "$0" "$@"', process.execPath, main];
      const started = testbed.start(node, args, env);
      child = started;
      createInterface({ input: started.stdout! }).on('line', (line) => (pid ||= line));
      createInterface({ input: started.stderr! }).on('line', (line) => {
        log.push(line);
        if (line.includes('"message":"started"')) port = (JSON.parse(line) as { port: number }).port;
      });
      await until('the start of the watcher', async () => {
        if (started.exitCode !== null) throw new Error(`the watcher has ended: ${log.join('\n')}`);
        return port > 0;
      });
    },
    async stop() {
      if (!child) return null;
      const ending = child;
      child = undefined;
      if (ending.exitCode !== null) return ending.exitCode;
      const exit = once(ending, 'exit', { signal: AbortSignal.timeout(60_000) });
      await testbed.run(node, ['sh', '-c', `kill -TERM ${pid}`]);
      const [code] = (await exit) as [number | null];
      return code;
    },
    async get(path) {
      const ask = 'const r = await fetch(process.argv[1]); console.log(r.status + "\\n" + await r.text())';
      const args = [process.execPath, '--input-type=module', '-e', ask, url() + path];
      const { stdout, stderr } = await testbed.run(node, args);
      const [, code, body = ''] = /^(\d+)\n([^]*)$/.exec(stdout) ?? [];
      if (code === undefined) throw new Error(`no answer at ${path}: ${stderr}`);
      return { status: Number(code), body };
    },
    async explain(of) {
      const { stdout, stderr } = await command('explain', of, '--json', '--url', url());
      if (!stdout) throw new Error(stderr);
      return (JSON.parse(stdout) as { containers: Explanation[] }).containers;
    },
  };
}
