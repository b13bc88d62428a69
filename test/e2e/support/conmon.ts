import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, constants, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from '../../support/program.ts';

export const conmonHere = spawnSync('conmon', ['--version']).status === 0 && process.getuid?.() === 0;

/** A container without a container: CRI-O's conmon writes the log, and the test is what runs in it. */
export interface Contained {
  write(text: string | Buffer, stream?: 'stdout' | 'stderr'): void;
  /** As the kubelet does it: renames the log, and asks for a new one; what is written between still goes to the old. */
  rotate(between?: () => void): Promise<string>;
  /** Its standard output and error end, and so does it. */
  end(): Promise<void>;
}

let rotations = 0;

/** A program whose output is what comes into two pipes, in place of an OCI runtime. */
const runtime = `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in --pid-file) pid=$2 ;; --bundle) bundle=$2 ;; esac
  shift
done
[ -n "$pid" ] || exit 0
sh -c 'cat "$0/stdout" & cat "$0/stderr" >&2; wait' "$bundle" &
echo $! >"$pid"
`;

/** Starts a container with the log at `path`, its other files in a new directory `bundle`. */
export async function startConmon(
  t: TestContext,
  path: string,
  bundle: string,
  args: readonly string[] = [],
): Promise<Contained> {
  mkdirSync(bundle, { recursive: true });
  mkdirSync('/var/run/crio', { recursive: true });
  const script = join(bundle, 'runtime');
  writeFileSync(script, runtime);
  chmodSync(script, 0o755);
  for (const name of ['stdout', 'stderr']) spawnSync('mkfifo', [join(bundle, name)]);
  const id = `klw-${process.pid}-${rotations++}`;
  const places = [
    '-r',
    script,
    '-b',
    bundle,
    '-l',
    `k8s-file:${path}`,
    '-p',
    join(bundle, 'pid'),
    '--exit-dir',
    bundle,
  ];
  const child = spawn('conmon', ['--sync', '-c', id, '-u', id, '-n', id, ...places, ...args], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  // Not before what reads them is there: it would wait for ever for writers that have gone.
  const openPipe = async (name: string) => {
    const at = join(bundle, name);
    let probe = -1;
    await until('a reader', () => (probe = openSync(at, constants.O_WRONLY | constants.O_NONBLOCK)) >= 0);
    const pipe = openSync(at, 'w');
    closeSync(probe);
    return pipe;
  };
  const pipes = { stdout: await openPipe('stdout'), stderr: await openPipe('stderr') };
  let open = true;
  const end = async () => {
    if (!open) return;
    open = false;
    closeSync(pipes.stdout);
    closeSync(pipes.stderr);
    await ended;
  };
  t.after(end);
  const control = join(bundle, 'ctl');
  await until('conmon', () => {
    closeSync(openSync(control, 'r+'));
    closeSync(openSync(path, 'r'));
    return true;
  });
  return {
    write(text, stream = 'stdout') {
      const bytes = Buffer.from(text as string);
      for (let done = 0; done < bytes.length;) done += writeSync(pipes[stream], bytes, done);
    },
    async rotate(between) {
      const aside = `${path}.20260102-${100_000 + rotations++}`;
      renameSync(path, aside);
      between?.();
      writeFileSync(control, '2 0 0\n');
      await until('a new log', () => {
        closeSync(openSync(path, 'r'));
        return true;
      });
      return aside;
    },
    end,
  };
}
