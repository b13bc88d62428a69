import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check, Output } from '../agent/agent.ts';
import { hasCode } from './disk.ts';
import { writeBelow } from './staged.ts';

/** What a shipper's own check said. `unavailable`: its program isn't here. */
export type Verdict = { is: 'ok' } | { is: 'failed'; why: string } | { is: 'unavailable'; why: string };

const prefix = 'kube-log-watcher-check-';
const longestOutput = 64 * 1024;
/** Milliseconds after which a directory of an earlier run was left behind by a process that was killed. */
const abandoned = 600_000;

/** Lays the outputs out in a directory that nobody else sees, and has the shipper's program look at them there. */
export async function runCheck(check: Check, outputs: readonly Output[], temporary = tmpdir()): Promise<Verdict> {
  await sweep(temporary);
  const staged = await mkdtemp(join(temporary, prefix));
  try {
    await writeBelow(staged, outputs);
    const [program = '', ...args] = check.command.map((part) => part.replaceAll('{staged}', staged));
    const verdict = await run(program, args, staged, (check.timeout ?? 10) * 1000);
    return verdict.is === 'ok' ? verdict : { ...verdict, why: verdict.why.replaceAll(staged, '') };
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], directory: string, timeout: number): Promise<Verdict> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that what it starts is ended with it.
      detached: true,
    });
    let said = '';
    const hear = (chunk: Buffer) => (said += said.length < longestOutput ? chunk.toString() : '');
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const end = () => {
      clearTimeout(late);
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        if (!hasCode(error, 'ESRCH')) throw error;
      }
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const late = setTimeout(() => {
      end();
      resolve({ is: 'failed', why: `${program} did not come to an end within ${timeout / 1000} s` });
    }, timeout);
    child.once('error', (error) => {
      end();
      const missing = hasCode(error, 'ENOENT') || hasCode(error, 'EACCES');
      resolve({ is: missing ? 'unavailable' : 'failed', why: `${program} can't be started: ${error.message}` });
    });
    child.once('exit', (code, signal) => {
      // What it has said may still be on its way.
      setImmediate(() => {
        end();
        if (code === 0) resolve({ is: 'ok' });
        else resolve({ is: 'failed', why: `${program} ended with ${signal ?? code}: ${gist(said)}` });
      });
    });
  });
}

/** The line that tells most: the first that speaks of an error, else the last. */
function gist(said: string): string {
  // oxlint-disable-next-line no-control-regex
  const lines = said.split('\n').map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').trim());
  const spoken = lines.filter((line) => line !== '');
  return (spoken.find((line) => /error|invalid|fail/i.test(line)) ?? spoken.at(-1) ?? 'it said nothing').slice(0, 500);
}

async function sweep(temporary: string): Promise<void> {
  for (const name of await readdir(temporary)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(temporary, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > abandoned) await rm(path, { recursive: true, force: true });
  }
}
