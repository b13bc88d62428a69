import { podLabels } from '../../agent/labels.ts';
import type { Pod } from '../../kubernetes/pod.ts';

type Texts = Readonly<Record<string, string>>;

/** By path, what the names of a log tell. */
export type Logs = ReadonlyMap<string, Texts>;

/** By path, the labels that the pod of a log has. */
export type Targets = ReadonlyMap<string, Texts>;

/** What a line's place is told by, here and where lines are kept: a label of the pod gets another name. */
const reserved: ReadonlySet<string> = new Set(
  (
    'namespace namespace_name pod pod_name pod_id pod_uid container container_name container_id docker_id ' +
    'stream host node node_name path restart source'
  ).split(' '),
);

/**
 * The labels of each log whose pod is known; of another the ones that were known `before`, for as long as there is the
 * log. If not all could be looked at, what is not there may be.
 */
export function targetsOf(logs: Logs, pods: readonly Pod[], before: Targets, complete: boolean): Targets {
  const podOf = indexOf(pods);
  const next = new Map<string, Texts>();
  for (const [path, told] of logs) {
    const pod = podOf(told);
    const labels = pod
      ? Object.fromEntries(podLabels(pod.labels, Object.keys(pod.labels), reserved))
      : before.get(path);
    if (labels) next.set(path, labels);
  }
  if (!complete) for (const [path, labels] of before) if (!next.has(path)) next.set(path, labels);
  return new Map([...next].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** By uid where the place of the log tells one, for a static pod the hash that stands for it; else by name. */
function indexOf(pods: readonly Pod[]): (told: Texts) => Pod | undefined {
  const known = new Map<string, Pod>();
  for (const pod of pods) {
    known.set(`${pod.namespace}/${pod.name}`, pod);
    known.set(pod.uid, pod);
    if (pod.configHash) known.set(pod.configHash, pod);
  }
  return ({ pod_uid: uid, namespace, pod }) => known.get(uid ?? `${namespace}/${pod}`);
}
