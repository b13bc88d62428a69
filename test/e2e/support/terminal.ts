import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { root } from './helm.ts';

/** A shell in which commands run one after the other, as someone types them. */
export interface Terminal {
  /** What they print on both outputs, and how the last one ended. */
  type(commands: string, seconds?: number): Promise<{ code: number; text: string }>;
  /** Starts a command that goes on until the terminal is closed, once it has printed what matches. */
  leave(command: string, started: RegExp): Promise<void>;
  close(): Promise<void>;
}

export function openTerminal(env: NodeJS.ProcessEnv): Terminal {
  const start = (command: string) =>
    spawn('bash', ['-c', `exec 2>&1; exec ${command}`], { cwd: root, env, stdio: ['pipe', 'pipe', 'ignore'] });
  const shell = start('bash --norc');
  const left: ChildProcess[] = [];
  const closed = once(shell, 'close');
  let count = 0;

  return {
    type(commands, seconds = 300) {
      const end = `terminal-${(count += 1)}`;
      // The command sees no input of ours.
      shell.stdin.write(`{ ${commands}\n} </dev/null\nprintf '\\n%s %s\\n' ${end} $?\n`);
      return answer(shell, end, seconds);
    },
    async leave(command, started) {
      const child = start(command);
      child.stdin.end();
      left.push(child);
      let text = '';
      const seen = Promise.withResolvers<void>();
      child.on('close', () => seen.reject(new Error(`${command} has ended: ${text}`)));
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (started.test(text)) seen.resolve();
      });
      await seen.promise;
    },
    async close() {
      for (const child of left) if (child.exitCode === null && child.kill()) await once(child, 'close');
      shell.stdin.end();
      await closed;
    },
  };
}

function answer(shell: ChildProcess, end: string, seconds: number): Promise<{ code: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; text: string }>();
  let text = '';
  const hear = (part: string) => {
    text += part;
    const [all, code] = new RegExp(`\\n${end} (\\d+)\\n`).exec(text) ?? [];
    if (all !== undefined) resolve({ code: Number(code), text: text.replace(all, '') });
  };
  const timer = setTimeout(() => reject(new Error(`no end after ${seconds} s: ${text}`)), seconds * 1000);
  shell.stdout?.setEncoding('utf8').on('data', hear);
  return promise.finally(() => {
    clearTimeout(timer);
    shell.stdout?.off('data', hear);
  });
}
