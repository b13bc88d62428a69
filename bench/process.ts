import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';

const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of CPU that a process has used, in user and in system mode. */
export function cpuOf(pid: number): number {
  // The name in brackets may hold spaces; what is counted on begins after it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** Resident memory in MiB: all of it, what is the process's own, and the most there was. */
export function memoryOf(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const value = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { resident: value('VmRSS'), anonymous: value('RssAnon'), peak: value('VmHWM') };
}

/** How busy the machine is, by the load of the last minute. */
export const load = () => (loadavg()[0] ?? 0).toFixed(1);
