import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../test/support/port.ts';
import { cpuOf } from '../process.ts';
import { createStage } from '../stage.ts';
import { delivered, type Role } from './roles.ts';
import { ready, type Start } from './ready.ts';

const program = join(import.meta.dirname, '../../dist/main.js');
const pods = 110;

/** Each role's process until it is ready, on a made-up node with 110 containers. */
export async function processStarts(roles: readonly Role[], runs: number): Promise<Record<Role, Start[]>> {
  const stage = await createStage('cri');
  const receiver = fork(join(import.meta.dirname, '../receiver.ts'));
  try {
    await stage.fill(pods, pods);
    const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
    const targets = await mkdtemp(join(stage.root, 'targets-'));
    const env = async (role: Role, own: string): Promise<NodeJS.ProcessEnv> => {
      const state = await mkdtemp(join(stage.root, 'state-'));
      const common = {
        PATH: process.env['PATH'],
        WATCHER_STATE_PATH: state,
        WATCHER_STATUS_ADDRESS: `127.0.0.1:${own}`,
      };
      if (role === 'serve') return { PATH: common.PATH, WATCHER_DATA_PATH: state, IP: '127.0.0.1', PORT: own };
      if (role === 'ship')
        return {
          ...common,
          WATCHER_TARGETS: targets,
          WATCHER_URL: `http://127.0.0.1:${port}/loki/api/v1/push`,
          NODE_NAME: 'node-1',
        };
      return {
        ...common,
        WATCHER_AGENTS: 'ship',
        WATCHER_SHIP_DEST_PATH: targets,
        WATCHER_PODS_PATH: stage.node.pods,
        WATCHER_KUBE_URL: stage.api.url,
        CLUSTER_NODE_NAME: 'node-1',
        WATCHER_CLUSTER_ID: 'bench',
      };
    };
    const times: Record<Role, Start[]> = { watch: [], ship: [], serve: [] };
    // By turns, so that what else runs on the machine meets all alike.
    for (let run = 0; run < runs; run++)
      for (const role of roles) {
        const own = String(await freePort());
        const options = { env: await env(role, own), stdio: 'ignore' as const };
        const began = Date.now();
        const child = spawn(process.execPath, [...delivered(role).flags, program, role], options);
        const exit = once(child, 'exit');
        const at = await ready(`http://127.0.0.1:${own}/readyz`, () => child.exitCode !== null);
        times[role].push({ ms: at - began, cpu: cpuOf(child.pid ?? 0) * 1000 });
        child.kill();
        await exit;
      }
    return times;
  } finally {
    receiver.kill();
    await stage.close();
  }
}
