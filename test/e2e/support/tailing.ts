import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { launch, until, watching, type Env, type Program } from '../../support/program.ts';
import { startCollector, type Collector } from './collector.ts';
import { startConmon } from './conmon.ts';

/** A made-up `/var/log` for files that real programs write. */
function makePlace(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'klw-tail-'));
  const mounted: string[] = [];
  t.after(() => {
    for (const at of mounted) spawnSync('umount', ['-l', at]);
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    root,
    /** Mounts something, until the returned function is called or the test is over. */
    mount(at: string, args: readonly string[]): () => void {
      mkdirSync(at, { recursive: true });
      const { status, stderr } = spawnSync('mount', [...args, at], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`mount: ${stderr}`);
      mounted.push(at);
      return () => {
        spawnSync('umount', ['-l', mounted.splice(mounted.indexOf(at), 1)[0] ?? at]);
      };
    },
    /** The path of a container's log as the kubelet names it; its directory is made. */
    log(pod: string, restart = 0): string {
      const path = join(root, 'pods', `default_${pod}_uid-${pod}`, 'app', `${restart}.log`);
      mkdirSync(dirname(path), { recursive: true });
      return path;
    },
    pods: join(root, 'pods/*/*/*.log'),
    state: join(root, 'state'),
  };
}

const quick = {
  // What is not answered in time comes again.
  '--timeout': '60',
  '--interval': '0.2',
  '--batch-wait': '0.02',
  '--backoff-least': '0.02',
  '--backoff-most': '0.1',
  '--status-address': '127.0.0.1:0',
};

/** `ship` as a process; it is killed after the test. */
export async function startShip(
  t: Pick<TestContext, 'after'>,
  collector: Collector,
  options: Readonly<Record<string, string>>,
  env: Env = {},
  uid?: number,
): Promise<Program> {
  const all = { ...quick, '--sink': 'http', '--encoding': 'ndjson', '--url': collector.url, ...options };
  const child = launch(['ship', ...Object.entries(all).flat()], { PATH: process.env['PATH'], ...env }, uid);
  const program = watching(child);
  t.after(() => program.stop('SIGKILL'));
  await until('the start of ship', () => program.url !== '' || child.exitCode !== null, 90_000);
  if (program.url === '') throw new Error(`ship has ended: ${(await program.ended).stderr}`);
  await until('its first look', async () => (await program.readyz()).checks['scanned']?.ok === true, 90_000);
  return program;
}

/** Kills it at once and waits until it is gone. */
export async function kill(program: Program): Promise<void> {
  await program.stop('SIGKILL');
}

/** A place for logs, a collector, and what starts `ship` and containers there. */
export async function makeWorld(t: TestContext) {
  const place = makePlace(t);
  const collector = await startCollector(t);
  const options = { '--paths': place.pods, '--state-path': place.state };
  return {
    ...place,
    collector,
    start: (more: Readonly<Record<string, string>> = {}, env?: Env) =>
      startShip(t, collector, { ...options, ...more }, env),
    container: (pod: string, restart = 0, args: readonly string[] = []) =>
      startConmon(t, place.log(pod, restart), join(place.root, `${pod}-${restart}`), args),
    /** Waits until a text stands in a file. */
    written: (path: string, text: string) =>
      until(`${text} in the log`, () => readFileSync(path, 'utf8').includes(text), 90_000),
    /** Waits for so many records. */
    arrive: (count: number) => until(`${count} records`, () => collector.arrived.length >= count, 90_000),
  };
}

/** Where the handles of a process lead to, as far as it is a pod's log. */
export function heldBy({ child: { pid } }: Program, pod: string): string[] {
  const directory = `/proc/${pid}/fd`;
  const paths = readdirSync(directory).map((fd) => {
    try {
      return readlinkSync(join(directory, fd));
    } catch {
      // Closed meanwhile.
      return '';
    }
  });
  return paths.filter((path) => path.includes(`default_${pod}_`));
}

export const logrotateHere = spawnSync('logrotate', ['--version']).status === 0 && process.getuid?.() === 0;

/** Lets Debian's logrotate rotate a file once. */
export function logrotate(path: string, directives: readonly string[]): void {
  const configuration = `${path}.conf`;
  writeFileSync(configuration, `${path} {\n${directives.join('\n')}\n}\n`, { mode: 0o644 });
  const { status, stderr } = spawnSync('logrotate', ['-f', '-s', `${path}.status`, configuration], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`logrotate: ${stderr}`);
}

/** `from` up to `to` - 1 as texts. */
export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i));
}
