import type { CoreValues } from '../config/options.ts';
import { podsFromApi } from '../kubernetes/api.ts';
import { connect } from '../kubernetes/connection.ts';
import { podsFromFile } from '../kubernetes/file.ts';
import { podsFromKubelet } from '../kubernetes/kubelet.ts';
import type { PodSource } from '../kubernetes/pod.ts';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';

/** The source of pods that the options choose. Rejects when it can't be set up, say without any kubeconfig. */
export async function podsOf(
  core: CoreValues,
  world: { log: Log; metrics: Metrics; onChange(): void },
): Promise<PodSource> {
  const node = core['node-name'] ?? '';
  switch (core['pod-source']) {
    case 'file':
      return podsFromFile({ path: core.pods ?? '', node, ...world });
    case 'kubelet':
      return podsFromKubelet({
        url: core['kubelet-url'] ?? `https://127.0.0.1:10250`,
        tokenFile: core['kubelet-token-file'],
        caFile: core['kubelet-ca-file'],
        insecure: core['kubelet-insecure'],
        ...world,
      });
    default: {
      const { 'kube-url': kubeUrl, kubeconfig, context } = core;
      return podsFromApi({ connection: await connect({ kubeUrl, kubeconfig, context }), node, ...world });
    }
  }
}
