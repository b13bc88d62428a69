import { dirname } from 'node:path/posix';
import type { Node, Target } from '../agent/target.ts';
import type { Metadata } from '../kubernetes/metadata.ts';
import type { Pod } from '../kubernetes/pod.ts';
import { containerKey, type Container, type Scan } from '../logs/container.ts';
import type { Reason } from '../system/reasons.ts';
import { noHints, readHints, type HintRules, type Wanted } from './hints.ts';
import type { LabelMap } from './label-map.ts';
import { toTarget } from './target.ts';

/** A container of the node with what is known of it up to now. */
export interface Seen {
  key: string;
  container: Container;
  /** Set once the pod was known; stays when the API forgets or loses the pod. */
  target?: Target;
  /** What the pod's annotations and the operator want for it; set together with the target. */
  wanted?: Wanted;
  /** Whether its pod is being deleted; set together with the target. */
  ending?: boolean;
  /** Why there is no target yet. */
  pending?: { reason: Reason; detail: string };
  /** Milliseconds since the epoch. */
  firstSeen: number;
  /** When its directory was first missing; undefined while it is there. */
  goneSince?: number;
}

export interface ResolveInput {
  scan: Scan;
  pods: readonly Pod[];
  /** Whether a complete list of pods was ever read; false while `pods` comes from a snapshot or is empty. */
  synced: boolean;
  /** What the pass before has returned. */
  seen: ReadonlyMap<string, Seen>;
  /** Milliseconds since the epoch. */
  now: number;
  /** How long a gone container stays, in milliseconds. */
  linger: number;
  /** How long a container waits for its id to be known, in milliseconds. */
  idWait: number;
  node: Node;
  /** None unless told. */
  hints?: HintRules;
  /** The pod's own labels where it names no sources. */
  labelMap?: LabelMap;
  /** By name; undefined where nobody reads them. */
  namespaces?: ReadonlyMap<string, Pick<Metadata, 'labels' | 'annotations'>>;
  seenByShipper(path: string): string;
}

/**
 * Joins containers with pods, by pod uid. A container stays itself through every illness of the API: what was known
 * of it once is used until its directory is gone and the linger time is over.
 */
export function resolve(input: ResolveInput): Map<string, Seen> {
  const { scan, seen, now, linger } = input;
  const podOf = indexPods(input.pods);
  const next = new Map<string, Seen>();

  for (const container of scan.containers) {
    const key = containerKey(container);
    next.set(key, join(key, container, podOf(container), seen.get(key), input));
  }
  const unreadable = new Set(scan.incomplete.map((found) => found.directory));
  for (const [key, before] of seen) {
    if (next.has(key) || !before.target) continue;
    if (unreadable.has(before.container.directory)) {
      next.set(key, { ...before, goneSince: undefined });
      continue;
    }
    const goneSince = before.goneSince ?? now;
    if (now - goneSince < linger) next.set(key, { ...before, goneSince });
  }
  return next;
}

/** Containers that an earlier pass knew, and that neither stand in this one nor ever became a target. */
export function missed(before: ReadonlyMap<string, Seen>, after: ReadonlyMap<string, Seen>): Seen[] {
  return [...before.values()].filter((seen) => !after.has(seen.key) && !seen.target && !seen.container.sandbox);
}

/**
 * Milliseconds until time alone changes something: a linger is over, or a container has waited as long as its reason
 * is allowed to. Infinity if nothing will.
 */
export function nextDeadline(
  seen: Iterable<Seen>,
  { now, linger, waits }: Pick<ResolveInput, 'now' | 'linger'> & { waits: Partial<Record<Reason, number>> },
): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { goneSince, pending, firstSeen } of seen) {
    const wait = pending && waits[pending.reason];
    const deadline = goneSince === undefined ? firstSeen + (wait ?? Number.POSITIVE_INFINITY) : goneSince + linger;
    if (deadline > now) next = Math.min(next, deadline);
  }
  return next - now;
}

/**
 * Whether a look that found nothing is rather a directory that isn't mounted: there is nothing on disk at all though the
 * pods have containers, or every container of one runtime is gone at once, and a pod of one of them still lives or
 * nobody can say.
 */
export function looksUnmounted({ scan, pods, synced, seen }: Pick<ResolveInput, 'scan' | 'pods' | 'synced' | 'seen'>) {
  // A link that leads nowhere is what is left of a directory of Docker's that isn't mounted.
  const begun = scan.incomplete.filter(({ reason }) => reason !== 'log-missing');
  const haveRun = pods.some(({ containers }) => containers.some(({ instances }) => instances.length > 0));
  if (scan.containers.length === 0 && begun.length === 0 && synced && haveRun) return true;
  const podOf = indexPods(pods);
  // A node may have been moved to another runtime, which runs the same pods.
  const onDisk = new Set(scan.containers.map(({ pod }) => pod.uid));
  return (['docker', 'cri'] as const).some((runtime) => {
    const of = (list: readonly Container[]) => list.filter((container) => container.runtime === runtime);
    const known = of([...seen.values()].filter(({ goneSince }) => goneSince === undefined).map((one) => one.container));
    if (known.length === 0 || of(scan.containers).length > 0) return false;
    // Something unfinished beside those that are gone shows that their directory is there.
    const roots = known.map(({ directory }) => dirname(runtime === 'docker' ? directory : dirname(directory)));
    if (begun.some(({ directory }) => roots.some((root) => directory.startsWith(`${root}/`)))) return false;
    return known.some((container) => !onDisk.has(container.pod.uid) && (!synced || podOf(container)));
  });
}

/**
 * Whether the list of pods is rather one of another node, or of nothing: it is complete and empty, though containers of
 * pods are on disk. A watcher in a cluster has at least its own pod.
 */
export function knowsNobody({ scan, pods, synced }: Pick<ResolveInput, 'scan' | 'pods' | 'synced'>): boolean {
  return synced && pods.length === 0 && scan.containers.some(({ sandbox }) => !sandbox);
}

function join(key: string, container: Container, pod: Pod | undefined, before: Seen | undefined, input: ResolveInput) {
  const seen: Seen = { key, container, firstSeen: before?.firstSeen ?? input.now };
  if (container.sandbox) return seen;
  if (!pod) {
    if (before?.target) return { ...seen, target: before.target, wanted: before.wanted, ending: before.ending };
    return { ...seen, pending: input.synced ? unknownPod(container) : notSynced };
  }
  const id = container.id || statusId(pod, container) || before?.target?.container.id || '';
  if (!id && !before?.target && input.now - seen.firstSeen < input.idWait) {
    return { ...seen, pending: { reason: 'container-id-unknown' as const, detail: `restart ${container.restart}` } };
  }
  const namespace = input.namespaces?.get(pod.namespace);
  const wanted = readHints(
    {
      namespace: pod.namespace,
      labels: pod.labels,
      annotations: pod.annotations,
      namespaceAnnotations: namespace?.annotations ?? {},
      container: container.name,
      containers: pod.containers.map(({ name }) => name),
    },
    input.hints ?? noHints,
  );
  const around = { ...input, hints: wanted.hints, namespaceLabels: namespace?.labels };
  const target = toTarget({ ...container, id }, pod, key, around);
  return { ...seen, target, wanted, ending: pod.ending };
}

const notSynced = { reason: 'pods-not-synced', detail: '' } as const;

function unknownPod({ pod }: Container) {
  return { reason: 'pod-unknown', detail: `${pod.namespace}/${pod.name} with uid ${pod.uid || '(none)'}` } as const;
}

function statusId(pod: Pod, container: Container): string | undefined {
  const known = pod.containers.find(({ name }) => name === container.name);
  return known?.instances.find(({ restart }) => restart === container.restart)?.id;
}

/** Finds a container's pod; the directory of a static pod is named by the hash of its configuration, not by its uid. */
function indexPods(pods: readonly Pod[]): (container: Container) => Pod | undefined {
  const byUid = new Map<string, Pod>();
  for (const pod of pods) {
    byUid.set(pod.uid, pod);
    if (pod.configHash) byUid.set(pod.configHash, pod);
  }
  return ({ pod }) => {
    const found = byUid.get(pod.uid);
    return found && found.namespace === pod.namespace && found.name === pod.name ? found : undefined;
  };
}
