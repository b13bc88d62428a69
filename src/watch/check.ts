import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check, Output } from '../agent/agent.ts';
import { hasCode } from './disk.ts';
import { writeBelow } from './staged.ts';

/**
 * What a shipper's own check said. `unavailable`: its program isn't here. `unanswered`: it came to no verdict, so that
 * no target is to blame.
 */
export type Verdict =
  { is: 'ok' } | { is: 'failed'; why: string; unanswered?: true } | { is: 'unavailable'; why: string };

const prefix = 'kube-log-watcher-check-';
/** Characters that are kept of what a check says. */
const longestOutput = 64 * 1024;
/** Milliseconds after which a directory of an earlier run was left behind by a process that was killed. */
const abandoned = 600_000;
/** Milliseconds that are left to the end of the output, once the program has come to its own. */
const patience = 500;

/** Lays the outputs out in a directory that nobody else sees, and has the shipper's program look at them there. */
export async function runCheck(check: Check, outputs: readonly Output[], temporary = tmpdir()): Promise<Verdict> {
  const staged = await stage(outputs, temporary);
  try {
    const [program = '', ...args] = check.command.map((part) => part.replaceAll('{staged}', staged));
    const verdict = await run(program, args, staged, (check.timeout ?? 10) * 1000);
    return verdict.is === 'ok' ? verdict : { ...verdict, why: verdict.why.replaceAll(staged, '') };
  } finally {
    await remove(staged);
  }
}

async function stage(outputs: readonly Output[], temporary: string): Promise<string> {
  let staged: string | undefined;
  try {
    await sweep(temporary);
    staged = await mkdtemp(join(temporary, prefix));
    await writeBelow(staged, outputs);
    return staged;
  } catch (error) {
    if (staged !== undefined) await remove(staged);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`nothing can be laid out below ${temporary} for the shipper's own check: ${why}`, { cause: error });
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
    const hear = (chunk: string) => (said = (said + chunk).slice(0, longestOutput));
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);

    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        if (!hasCode(error, 'ESRCH', 'EPERM')) throw error;
      }
    };
    process.once('exit', kill);
    let verdict: (() => Verdict) | undefined;
    const finish = () => {
      if (!verdict) return;
      process.off('exit', kill);
      clearTimeout(late);
      clearTimeout(last);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(verdict());
    };
    // What has left the group may hold the output open for ever.
    let last: NodeJS.Timeout | undefined;
    const end = (said: () => Verdict) => {
      verdict ??= said;
      clearTimeout(late);
      kill();
      last ??= setTimeout(finish, patience);
    };
    const late = setTimeout(() => {
      const why = `${program} did not come to an end within ${timeout / 1000} s`;
      end(() => ({ is: 'failed', why, unanswered: true }));
    }, timeout);
    child.once('error', (error) => {
      const why = `${program} can't be started: ${error.message}`;
      const missing = hasCode(error, 'ENOENT', 'EACCES');
      verdict = () => (missing ? { is: 'unavailable', why } : { is: 'failed', why, unanswered: true });
      finish();
    });
    child.once('exit', (code, signal) =>
      end(() =>
        code === 0 ? { is: 'ok' } : { is: 'failed', why: `${program} ended with ${signal ?? code}: ${gist(said)}` },
      ),
    );
    child.once('close', finish);
  });
}

/** The line that tells most: the first that speaks of an error, else the last. */
function gist(said: string): string {
  const lines = said.split('\n').map((line) => {
    const plain = line.replace(/\p{Cc}\[[0-9;]*m/gu, '').replace(/[\p{Cc}\s]+/gu, ' ');
    return plain.trim();
  });
  const spoken = lines.filter((line) => line !== '');
  return (spoken.find((line) => /error|invalid|fail/i.test(line)) ?? spoken.at(-1) ?? 'it said nothing').slice(0, 500);
}

async function sweep(temporary: string): Promise<void> {
  for (const name of await readdir(temporary)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(temporary, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > abandoned) await remove(path);
  }
}

/** What can't be removed now is swept later; it says nothing about the outputs. */
async function remove(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}
