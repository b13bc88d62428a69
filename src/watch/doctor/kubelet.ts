import type { CoreValues } from '../../config/options.ts';
import { silent } from '../../system/log.ts';
import { createMetrics } from '../../system/metrics.ts';
import { podsOf } from '../pods.ts';
import { fail, ok, type Finding } from './finding.ts';

/** Whether the kubelet, or a file, gives the pods of the node. */
export async function checkSource(core: CoreValues, signal: AbortSignal): Promise<Finding> {
  const name = core['pod-source'] === 'file' ? `pods in ${core.pods}` : `kubelet ${core['kubelet-url'] ?? ''}`.trim();
  const end = new AbortController();
  const synced = Promise.withResolvers<void>();
  const onChange = () => synced.resolve();
  const pods = await podsOf(core, { log: silent, metrics: createMetrics(), onChange });
  const running = pods.run(AbortSignal.any([signal, end.signal]));
  const patience = setInterval(() => pods.error !== undefined && synced.resolve(), 50);
  await Promise.race([synced.promise, running]);
  clearInterval(patience);
  end.abort();
  await running;
  if (pods.synced) return ok(name, `${pods.all().length} pods`);
  const role =
    core['pod-source'] === 'file' ? '' : ', and the role: kube-log-watcher rbac kubelet | kubectl apply -f -';
  return fail(name, pods.error ?? 'no answer', `look at the options --kubelet-… or --pods${role}`);
}
