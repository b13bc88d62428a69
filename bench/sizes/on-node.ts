// Runs on a node of the test bed, where Docker and the processes of its containers are, and prints JSON:
// `node bench/sizes/on-node.ts start CONTAINER RUNS` or `node bench/sizes/on-node.ts memory CONTAINER`.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { freePort } from '../../test/support/port.ts';
import { cpuOf, memoryOf } from '../process.ts';
import { ready, type Start } from './ready.ts';

interface Inspected {
  Id: string;
  Image: string;
  State: { Pid: number; StartedAt: string };
  Config: { Env: string[]; Entrypoint: string[]; Cmd: string[] | null; User: string };
  HostConfig: { Binds: string[]; Memory: number };
}

const run = promisify(execFile);
const docker = async (...args: string[]) => (await run('docker', args)).stdout.trim();
const inspect = async (id: string) => (JSON.parse(await docker('inspect', id)) as [Inspected])[0];

/**
 * Starts containers just like one of the kubelet's, one after another, in the node's network and with fresh directories
 * in place of what it writes to; from Docker's start of each to its being ready, and from the order to Docker.
 */
async function starts(id: string, runs: number) {
  const { Image, Config, HostConfig } = await inspect(id);
  const binds = HostConfig.Binds.filter((bind) => !/:(\/etc\/hosts|\/dev\/termination-log)(:|$)/.test(bind));
  const mounts = binds.flatMap((bind) => {
    const [, to = '', mode = ''] = bind.split(':');
    return mode.includes('ro') ? ['-v', bind] : ['--tmpfs', `${to}:mode=1777`];
  });
  const times: (Start & { ordered: number })[] = [];
  for (let i = 0; i < runs; i++) {
    const port = await freePort();
    const own = [`WATCHER_STATUS_ADDRESS=127.0.0.1:${port}`, `PORT=${port}`];
    const env = [...Config.Env, ...own].flatMap((variable) => ['-e', variable]);
    const [entry = '', ...args] = [...Config.Entrypoint, ...(Config.Cmd ?? [])];
    const limits = ['--memory', String(HostConfig.Memory), '--cap-drop=ALL', '--read-only'];
    const user = Config.User ? ['--user', Config.User] : [];
    const options = ['--network=host', ...limits, ...user, ...env, ...mounts, '--entrypoint', entry];
    const copy = await docker('create', ...options, Image, ...args);
    try {
      const ordered = Date.now();
      const [at] = await Promise.all([ready(`http://127.0.0.1:${port}/readyz`), docker('start', copy)]);
      const { Pid, StartedAt } = (await inspect(copy)).State;
      const [cpu, started] = [cpuOf(Pid) * 1000, Date.parse(StartedAt)];
      times.push({ ms: at - started, cpu, ordered: at - ordered });
    } catch (error) {
      throw new Error(await docker('logs', '--tail', '20', copy), { cause: error });
    } finally {
      await docker('rm', '-f', copy);
    }
  }
  return times;
}

/** MiB: what counts against the limit, what Kubernetes calls the working set, and the process's own view. */
async function memory(id: string) {
  const { State } = await inspect(id);
  const [, of = ''] = /^\d+:(?:memory|):(.*)$/m.exec(readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8')) ?? [];
  const first = existsSync(`/sys/fs/cgroup/memory${of}/memory.stat`);
  const directory = first ? `/sys/fs/cgroup/memory${of}` : `/sys/fs/cgroup${of}`;
  const read = (name: string) => readFileSync(`${directory}/${name}`, 'utf8');
  const number = (names: readonly [string, string]) => Number(read(names[first ? 0 : 1])) / 2 ** 20;
  const inactive = new RegExp(`^${first ? 'total_' : ''}inactive_file (\\d+)$`, 'm').exec(read('memory.stat'));
  const usage = number(['memory.usage_in_bytes', 'memory.current']);
  const most = number(['memory.max_usage_in_bytes', 'memory.peak']);
  const { resident, anonymous, peak } = memoryOf(State.Pid);
  return { workingSet: usage - Number(inactive?.[1]) / 2 ** 20, usage, most, resident, anonymous, peak };
}

export type Started = Awaited<ReturnType<typeof starts>>[number];
export type Memory = Awaited<ReturnType<typeof memory>>;

const [what, id = '', runs] = process.argv.slice(2);
console.log(JSON.stringify(what === 'start' ? await starts(id, Number(runs)) : await memory(id)));
