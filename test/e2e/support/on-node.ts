import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Testbed } from './testbed.ts';
import { until } from './until.ts';

/** A process on a node. */
export interface OnNode {
  /** What it has printed on both outputs, line by line. */
  readonly lines: readonly string[];
  /** Sends it a signal and waits for its end; its exit code, null after a signal that ended it. */
  stop(signal?: 'TERM' | 'KILL'): Promise<number | null>;
}

/** Starts a process on a node and waits until it prints something that matches. */
export async function startOnNode(
  testbed: Testbed,
  node: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  started: RegExp,
): Promise<OnNode> {
  const lines: string[] = [];
  let pid = '';
  // It is ended by its id on the node: what stands between here and there passes no signals on.
  const child = testbed.start(node, ['sh', '-c', 'echo "pid $$"; exec "$0" "$@"', ...args], env);
  for (const stream of [child.stdout!, child.stderr!])
    createInterface({ input: stream }).on('line', (line) => {
      if (pid === '' && line.startsWith('pid ')) pid = line.slice(4);
      else lines.push(line);
    });
  await until(`the start of ${args.slice(1, 3).join(' ')}`, async () => {
    if (child.exitCode !== null) throw new Error(`it has ended: ${lines.join('\n')}`);
    return lines.some((line) => started.test(line));
  });
  return {
    lines,
    async stop(signal = 'TERM') {
      if (child.exitCode !== null) return child.exitCode;
      const exit = once(child, 'exit', { signal: AbortSignal.timeout(60_000) });
      await testbed.run(node, ['sh', '-c', `kill -${signal} ${pid}`]);
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}
