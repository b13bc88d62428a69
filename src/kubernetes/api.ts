import type { Metrics } from '../system/metrics.ts';
import { follow, type Follow } from './follow.ts';
import type { PodSource } from './pod.ts';
import { toPod } from './to-pod.ts';

export type { Timings } from './follow.ts';

export interface PodsFromApi extends Follow {
  node: string;
  metrics: Metrics;
}

/** The pods of a node, from one list and one watch of the API server. */
export function podsFromApi({ node, ...world }: PodsFromApi): PodSource {
  const { metrics } = world;
  return follow(
    { name: 'pods', path: '/api/v1/pods', fieldSelector: `spec.nodeName=${node}`, read: toPod },
    {
      ...world,
      onList(cause) {
        if (cause !== 'first') metrics.relists.inc({ cause });
        metrics.podsSynced.set(1);
      },
      onAge: (seconds) => metrics.bookmarkAge.set(seconds),
    },
  );
}
