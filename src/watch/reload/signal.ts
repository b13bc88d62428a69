import { constants } from 'node:os';
import { open } from 'node:fs/promises';
import { constants as flags } from 'node:fs';
import type { SignalReload } from '../../agent/reload.ts';
import { processOf, processes, type ProcessSeen } from './processes.ts';

export interface SignalWorld {
  /** Where the kernel shows its processes. */
  proc: string;
  /** Our own process, which is never sent anything. */
  self: number;
  kill(pid: number, signal: NodeJS.Signals): void;
}

const remedy = "share the pod's PID namespace (shareProcessNamespace: true)";

/** Resolves when every process that is meant has been sent the signal. */
export async function sendSignal(reload: SignalReload, world: SignalWorld): Promise<void> {
  const meant = reload.pidFile !== undefined ? [await inFile(reload.pidFile, world)] : await named(reload, world);
  const problems = meant.flatMap((one) => {
    const why = deafness(one, reload.signal) ?? send(one, reload.signal, world);
    return why === undefined ? [] : [why];
  });
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/** The shippers of a name: the main process of each, for a shipper tells those that it started itself. */
async function named({ process: name = '' }: SignalReload, { proc, self }: SignalWorld): Promise<ProcessSeen[]> {
  const { seen, unreadable } = await processes(proc);
  const parentOf = new Map(seen.map(({ pid, parent }) => [pid, parent]));
  const lineage = new Set<number>();
  for (let pid: number | undefined = self; pid && !lineage.has(pid); pid = parentOf.get(pid)) lineage.add(pid);
  const matches = seen.filter(({ pid, names }) => names.includes(name) && !lineage.has(pid));
  const pids = new Set(matches.map(({ pid }) => pid));
  const main = matches.filter(({ parent }) => !pids.has(parent));
  if (main.length > 0) return main;
  const others = unreadable > 0 ? ` (${unreadable} processes can't be looked at)` : '';
  throw new Error(`no process named ${name} is seen${others}: is the shipper running? If so, ${remedy}`);
}

async function inFile(path: string, { proc, self }: SignalWorld): Promise<ProcessSeen> {
  const text = await head(path);
  const digits = /^\s*(\d{1,10})\s*$/.exec(text)?.[1];
  const pid = Number(digits ?? 0);
  if (!(pid > 1)) throw new Error(`${path} holds no number of a process`);
  if (pid === self) throw new Error(`${path} names process ${pid}, which is the watcher itself: ${remedy}`);
  const one = await processOf(proc, pid);
  if (!one)
    throw new Error(`no process ${pid}, which ${path} names, is seen: is the shipper running? If so, ${remedy}`);
  return one;
}

/** A pid file is short; what isn't one must neither fill the memory nor, as a pipe does, keep us waiting. */
async function head(path: string): Promise<string> {
  try {
    const file = await open(path, flags.O_RDONLY | flags.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there: is the shipper running?' : undefined;
    throw new Error(`${path} ${why ?? `can't be read: ${(error as Error).message}`}`, { cause: error });
  }
}

/** Why a process must not be sent the signal: one that has not got as far as to wait for it would be ended by it. */
function deafness({ pid, caught, ignored }: ProcessSeen, signal: NodeJS.Signals): string | undefined {
  const bit = 1n << BigInt((constants.signals[signal] ?? 1) - 1);
  if (ignored !== undefined && ignored & bit) return `process ${pid} ignores ${signal}`;
  if (caught !== undefined && !(caught & bit))
    return `process ${pid} would be ended by ${signal}: is it still starting?`;
  return undefined;
}

function send({ pid, names }: ProcessSeen, signal: NodeJS.Signals, { kill }: SignalWorld): string | undefined {
  try {
    kill(pid, signal);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const who = `process ${pid} (${names[0] ?? 'no name'})`;
    if (code === 'ESRCH') return `${who} is gone`;
    if (code === 'EPERM')
      return `${who} may not be sent ${signal}: run the watcher as the shipper's user, or with the capability KILL`;
    return `${who}: ${message}`;
  }
}
