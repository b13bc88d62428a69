import type { Target } from '../agent/target.ts';
import type { Container, Incomplete } from '../logs/container.ts';
import type { Reason } from '../system/reasons.ts';
import { givenBy, type Wanted } from './hints.ts';
import { isOfNamespace, mapped, sourcesOf, type LabelMap, type MappedName } from './label-map.ts';
import type { Seen } from './resolve.ts';
import { matches, parseSelector, wildcard, type Selector } from './selector.ts';

/** What was decided for one container, and why. */
export interface Verdict {
  key: string;
  state: 'kept' | 'dropped' | 'pending';
  reason: Reason;
  detail: string;
  container: Partial<Pick<Container, 'id' | 'name' | 'restart' | 'pod'>> & Pick<Container, 'directory'>;
  target?: Target;
  /** What annotations and the operator want for it, and what is wrong with that. */
  wanted?: Wanted;
  /** Whether its pod is being deleted. */
  ending?: boolean;
  firstSeen?: number;
  goneSince?: number;
}

export interface Rules {
  strictLabels: readonly string[];
  /** Where strict labels of its names are looked for; the pod's own labels without. */
  labelMap?: LabelMap;
  /** Whether labels of namespaces are wanted, and those of this one were never read: what they could tell isn't asked for. */
  namespaceUnknown?(name: string): boolean;
  includeLabels: readonly string[];
  excludeLabels: readonly string[];
  includeNamespaces: readonly string[];
  excludeNamespaces: readonly string[];
  excludeContainers: readonly string[];
  /** Whether only what asks for it is shipped. */
  requireInclude?: boolean;
  /** The pod whose logs are left out; undefined where it isn't known, or is to be shipped. */
  ownPod?: { uid?: string; name: string; namespace?: string };
}

type Rule = (target: Target) => { reason: Reason; detail: string } | undefined;

/** Decides for every container by the first rule that speaks, in the order of {@link rulesInOrder}. */
export function filter(seen: Iterable<Seen>, incomplete: readonly Incomplete[], rules: Rules): Verdict[] {
  const inOrder = rulesInOrder(rules);
  const known = new Set<string>();
  const verdicts: Verdict[] = [];
  for (const one of seen) {
    known.add(one.container.directory);
    verdicts.push(decide(one, inOrder, rules.requireInclude ?? false));
  }
  for (const found of incomplete) {
    if (known.has(found.directory)) continue;
    const state = found.reason === 'log-driver' || found.reason === 'not-kubernetes' ? 'dropped' : 'pending';
    const key = `${found.directory}/${found.restart ?? ''}`;
    verdicts.push({ key, state, reason: found.reason, detail: found.detail, container: found });
  }
  return verdicts.sort(byPlace);
}

/** The targets to ship, in canonical order: by namespace, pod, container, restart and id. */
export function kept(verdicts: readonly Verdict[]): Target[] {
  return verdicts.flatMap(({ state, target }) => (state === 'kept' && target ? [target] : []));
}

function decide(seen: Seen, rules: readonly Rule[], requireInclude: boolean): Verdict {
  const { key, container, target, wanted, ending, firstSeen, goneSince } = seen;
  const verdict = (state: Verdict['state'], reason: Reason, detail = ''): Verdict => ({
    key,
    state,
    reason,
    detail,
    container,
    target,
    wanted,
    ending,
    firstSeen,
    goneSince,
  });
  if (container.sandbox) return verdict('dropped', 'pause-container');
  if (!target) return verdict('pending', seen.pending?.reason ?? 'pod-unknown', seen.pending?.detail);
  for (const rule of rules) {
    const against = rule(target);
    if (against) return verdict('dropped', against.reason, against.detail);
  }
  if (wanted?.shipped?.wanted === false) return verdict('dropped', 'hint-excluded', givenBy[wanted.shipped.by]);
  if (requireInclude && !wanted?.shipped?.wanted) return verdict('dropped', 'hint-not-included');
  return verdict('kept', 'kept');
}

function rulesInOrder(rules: Rules): Rule[] {
  const includeLabels = rules.includeLabels.map(parseSelector);
  const excludeLabels = rules.excludeLabels.map(parseSelector);
  const includeNamespaces = rules.includeNamespaces.map(wildcard);
  const excludeNamespaces = rules.excludeNamespaces.map(wildcard);
  const excludeContainers = rules.excludeContainers.map(wildcard);
  const matching = (selectors: readonly Selector[], { pod }: Target) =>
    selectors.find((selector) => matches(selector, pod.labels));
  const detail = (text: string) => ({ detail: text });
  return [
    ({ container }) =>
      isPauseImage(container.imageName) ? { reason: 'pause-container', ...detail(container.image) } : undefined,
    ({ pod }) => (isOwn(pod, rules.ownPod) ? { reason: 'own-pod', ...detail('') } : undefined),
    ({ pod }) =>
      includeNamespaces.length > 0 && !includeNamespaces.some((pattern) => pattern.test(pod.namespace))
        ? { reason: 'namespace-not-included', ...detail(pod.namespace) }
        : undefined,
    ({ pod }) =>
      excludeNamespaces.some((pattern) => pattern.test(pod.namespace))
        ? { reason: 'namespace-excluded', ...detail(pod.namespace) }
        : undefined,
    ({ container }) =>
      excludeContainers.some((pattern) => pattern.test(container.name))
        ? { reason: 'container-excluded', ...detail(container.name) }
        : undefined,
    (target) =>
      includeLabels.length > 0 && !matching(includeLabels, target)
        ? { reason: 'label-not-included', ...detail('') }
        : undefined,
    (target) => {
      const selector = matching(excludeLabels, target);
      return selector && { reason: 'label-excluded', ...detail(selector.text) };
    },
    (target) => {
      const missing = rules.strictLabels.flatMap((label) => {
        const sources = sourcesOf(label, rules.labelMap ?? {});
        if (!sources) return Object.hasOwn(target.pod.labels, label) ? [] : [label];
        if (mapped(label as MappedName, rules.labelMap ?? {}, target) !== '') return [];
        if (rules.namespaceUnknown?.(target.pod.namespace) && sources.some(isOfNamespace)) return [];
        return [`${label} (looked for at ${sources.join(', ')})`];
      });
      return missing.length > 0 ? { reason: 'label-missing', ...detail(missing.join(', ')) } : undefined;
    },
  ];
}

function isOwn({ uid, name, namespace }: Target['pod'], own: Rules['ownPod']): boolean {
  if (!own) return false;
  if (own.uid) return own.uid === uid;
  return own.name === name && (own.namespace ?? namespace) === namespace;
}

/**
 * The pause images of every generation and their mirrors: `gcr.io/google_containers/pause-amd64`,
 * `k8s.gcr.io/pause`, `registry.k8s.io/pause`, `rancher/mirrored-pause`, OpenShift's `ose-pod` and `origin-pod`.
 */
export function isPauseImage(imageName: string): boolean {
  const last = imageName.slice(imageName.lastIndexOf('/') + 1);
  return /^(mirrored-)?pause(-(amd64|arm|arm64|ppc64le|s390x|windows))?$/.test(last) || /^(ose|origin)-pod$/.test(last);
}

function byPlace(a: Verdict, b: Verdict): number {
  const [left, right] = [a.container, b.container];
  return (
    compare(left.pod?.namespace, right.pod?.namespace) ||
    compare(left.pod?.name, right.pod?.name) ||
    compare(left.name, right.name) ||
    (left.restart ?? 0) - (right.restart ?? 0) ||
    compare(a.key, b.key)
  );
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
