import type { Metrics } from '../system/metrics.ts';
import { follow, type Follow } from './follow.ts';
import type { PodSource } from './pod.ts';
import { toPod } from './to-pod.ts';

export interface PodsFromApi extends Follow {
  node: string;
  metrics: Follow['metrics'] & Pick<Metrics, 'podsSynced'>;
}

/** The pods of a node, or all where none is named, from one list and one watch of the API server. */
export function podsFromApi({ node, ...world }: PodsFromApi): PodSource {
  const onChange = () => {
    world.metrics.podsSynced.set(1);
    world.onChange();
  };
  const fieldSelector = node === '' ? undefined : `spec.nodeName=${node}`;
  const pods = { name: 'pods', path: '/api/v1/pods', fieldSelector, read: toPod };
  return follow(pods, { ...world, onChange });
}
