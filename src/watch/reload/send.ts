import { reloadProblems, type Reload } from '../../agent/reload.ts';
import { confirmed, type ConfirmWorld } from './confirm.ts';
import { sendHttp } from './http.ts';
import { sendSignal, type SignalWorld } from './signal.ts';

export type SendWorld = ConfirmWorld & SignalWorld;

const defaults: Omit<SendWorld, 'signal'> = {
  timeout: 10_000,
  pause: 200,
  patience: 15_000,
  proc: '/proc',
  self: process.pid,
  kill: (pid, signal) => void process.kill(pid, signal),
};

/** Tells a shipper once. Resolves when it has reloaded, as far as can be told; else throws an error that says why not. */
export async function send(reload: Reload, world: Pick<SendWorld, 'signal'> & Partial<SendWorld>): Promise<void> {
  const problems = reloadProblems(reload);
  if (problems.length > 0) throw new Error(problems.join('; '));
  const all = { ...defaults, ...world };
  await confirmed(
    reload.confirm,
    () => (reload.kind === 'http' ? sendHttp(reload, all) : sendSignal(reload, all)),
    all,
  );
}
