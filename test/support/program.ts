import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const main = join(import.meta.dirname, '../../src/main.ts');

export type Env = Record<string, string | undefined>;

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

/** Waits for a condition; a failing look counts as not yet. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, patience = 90_000): Promise<void> {
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

/** Starts the program with these arguments, as another user or in another directory where one is given. */
export function launch(args: readonly string[], env: Env, uid?: number, cwd?: string): ChildProcess {
  const user = uid === undefined ? {} : { uid, gid: uid };
  return spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env, cwd, ...user });
}

/** Waits for the end of a process, with what it has printed. */
export async function end(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text.stdout += part));
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (text.stderr += part));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...text };
}

/** A process that was started as a watcher, as a {@link Program}. */
export function watching(child: ChildProcess): Program {
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
