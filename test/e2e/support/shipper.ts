import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** A log shipper that runs beside the watcher. */
export interface Shipper {
  child: ChildProcess;
  /** All it has printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Whether the program is on this machine; the test is skipped if not. */
export function installed(t: TestContext, command: string, args: readonly string[], how: string): boolean {
  if (spawnSync(command, args).status === 0) return true;
  t.skip(`${command} is not here: ${how}`);
  return false;
}

/** Starts a program without any variable but PATH and those given, and ends it after the test. */
export function startShipper(
  t: TestContext,
  command: string,
  args: readonly string[],
  { name = command, env = {} }: { name?: string; env?: Readonly<Record<string, string>> } = {},
): Shipper {
  const child = spawn(command, args, {
    argv0: name,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (output += part));
  const ended = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(patience);
  };
  t.after(stop);
  return { child, output: () => output, stop };
}
