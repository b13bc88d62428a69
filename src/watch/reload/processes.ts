import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasCode } from '../disk.ts';

export interface ProcessSeen {
  pid: number;
  parent: number;
  /** The base names of its program and of its first argument. */
  names: string[];
  /** Bit n-1 stands for signal n: those that it handles or waits for, and those that it ignores; undefined if not told. */
  caught?: bigint;
  ignored?: bigint;
}

/** All living processes, and how many could not be looked at. */
export async function processes(proc: string): Promise<{ seen: ProcessSeen[]; unreadable: number }> {
  const seen: ProcessSeen[] = [];
  let unreadable = 0;
  for (const name of await readdir(proc)) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    try {
      const one = await processOf(proc, Number(name));
      if (one) seen.push(one);
    } catch {
      unreadable += 1;
    }
  }
  return { seen, unreadable };
}

/** Undefined for one that isn't there, or is dead and only not yet buried. */
export async function processOf(proc: string, pid: number): Promise<ProcessSeen | undefined> {
  const directory = join(proc, String(pid));
  try {
    // https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    const status = await readFile(join(directory, 'status'), 'utf8');
    const fieldOf = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
    const maskOf = (name: string) => {
      const hex = fieldOf(name);
      return hex === undefined ? undefined : BigInt(`0x${hex}`);
    };
    if (/^[ZX]/.test(fieldOf('State') ?? '')) return undefined;
    const caught = maskOf('SigCgt');
    return {
      pid,
      parent: Number(fieldOf('PPid') ?? 0),
      names: await namesOf(directory),
      caught: caught === undefined ? undefined : caught | (maskOf('SigBlk') ?? 0n),
      ignored: maskOf('SigIgn'),
    };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

async function namesOf(directory: string): Promise<string[]> {
  const line = await readFile(join(directory, 'cmdline'), 'utf8');
  const names = [await programOf(directory), line.split('\0', 1)[0]];
  return [...new Set(names.flatMap((path) => (path ? [basename(path)] : [])))];
}

/** A process of another user doesn't show its program, and a thread of the kernel has none. */
async function programOf(directory: string): Promise<string | undefined> {
  try {
    return (await readlink(join(directory, 'exe'))).replace(/ \(deleted\)$/, '');
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'ENOENT')) return undefined;
    throw error;
  }
}
