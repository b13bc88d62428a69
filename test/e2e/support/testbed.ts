import { execFile, spawn, type ChildProcess } from 'node:child_process';

/** What a program has printed, and its exit code. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** A real cluster on this machine, brought up by the script that `E2E_TESTBED` names. */
export interface Testbed {
  /** Starts what is missing. */
  up(): Promise<void>;
  /** Ends the cluster, unless it was up before. */
  close(): Promise<void>;
  /** Runs kubectl as administrator; rejects when it fails. */
  kubectl(args: readonly string[], input?: unknown): Promise<string>;
  kubectlJson<T>(...args: string[]): Promise<T>;
  /** The administrator's kubeconfig, for other clients. */
  kubeconfig(): string;
  /** The variables of a shell in which kubectl and helm reach the cluster. */
  environment(): NodeJS.ProcessEnv;
  /** Runs the script itself, say `image build`. */
  script(...args: string[]): Promise<string>;
  /** Runs a program on a node, which sees this machine's files except for its own logs; `cp` is the control plane. */
  run(node: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran>;
  start(node: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess;
}

export const skip = process.env['E2E_TESTBED']
  ? false
  : 'set E2E_TESTBED to a script that brings up a cluster: `SCRIPT up`, `down`, `env` and `exec NODE COMMAND…`, ' +
    'with a node `docker` and a node `containerd`';

const { E2E_LONG_UNTIL: until = 'Infinity' } = process.env;
/** The same for what takes minutes: a run that is bounded has no time for it after `E2E_LONG_UNTIL`, seconds since 1970. */
export const skipLong =
  skip || (Number(until) * 1000 < Date.now() && 'the time for long tests is over: E2E_LONG_UNTIL');

export async function openTestbed(): Promise<Testbed> {
  const script = process.env['E2E_TESTBED'] ?? '';
  const wasUp = (await ran(script, ['env'])).code === 0;
  let env: NodeJS.ProcessEnv = {};
  const up = async () => {
    env = variables(await must(script, ['up']));
  };
  await up();
  const kubectl = (args: readonly string[], input?: unknown) =>
    must('kubectl', args, env, input === undefined ? '' : JSON.stringify(input));

  return {
    up,
    async close() {
      if (!wasUp) await must(script, ['down']);
    },
    kubectl,
    kubectlJson: async <T>(...args: string[]) => JSON.parse(await kubectl([...args, '-o', 'json'])) as T,
    kubeconfig: () => env['KUBECONFIG'] ?? '',
    environment: () => env,
    script: (...args) => must(script, args),
    run: (node, args, more) => ran(script, ['exec', node, ...args], { ...process.env, ...more }),
    start: (node, args, more) =>
      spawn(script, ['exec', node, ...args], {
        env: { ...process.env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
  };
}

/** The lines `export NAME=VALUE` that the script prints for a shell. */
function variables(text: string): NodeJS.ProcessEnv {
  const found = text.matchAll(/^export (\w+)=(.*)$/gm).map(([, name = '', value = '']) => [name, value] as const);
  const { PATH, ...env } = Object.fromEntries(found);
  return { ...process.env, ...env, PATH: PATH?.replace('$PATH', process.env['PATH'] ?? '') };
}

async function must(...[program, args, env, input]: Parameters<typeof ran>): Promise<string> {
  const { code, stdout, stderr } = await ran(program, args, env, input);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

function ran(program: string, args: readonly string[], env = process.env, input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { env, maxBuffer: 64 * 1024 * 1024, timeout: 300_000 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`${program}: ${error.message}`, { cause: error }));
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
    // A program that does not read its input may close it.
    child.stdin?.on('error', () => undefined).end(input);
  });
}
