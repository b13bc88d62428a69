import { wantedLabels } from './labels.ts';
import type { Node, Target } from './target.ts';

/** Names of attributes that no hint may give: those below, and what shippers call a line's own parts. */
export const reservedAttributes: ReadonlySet<string> = new Set(
  (
    'application component version environment release namespace pod container container_id image owner_kind ' +
    'owner_name node cluster stream time timestamp log message tenant format filename logfile parser ' +
    // What stores and shippers call the same things.
    'host path pod_id pod_uid docker_id node_name'
  ).split(' '),
);

/**
 * What each line of a target's log is to be told by, under the names that every shipper without names of its own gets;
 * without what is empty. `labels` are keys of labels to add, as of {@link wantedLabels}; hints come last and never
 * replace others.
 */
export function attributesOf(target: Target, node: Node, labels: readonly string[] = []): Record<string, string> {
  const { pod, container, application, component, environment, version, release, hints } = target;
  const own: Record<string, string> = {
    application,
    component,
    version,
    environment,
    release,
    namespace: pod.namespace,
    pod: pod.name,
    container: container.name,
    container_id: container.id,
    image: container.image,
    owner_kind: pod.owner.kind,
    owner_name: pod.owner.name,
    node: node.name,
    cluster: node.cluster.id,
  };
  const all = {
    ...hints.attributes,
    ...Object.fromEntries(wantedLabels(target, node, labels, reservedAttributes)),
    ...own,
  };
  const order = [...Object.keys(own), ...Object.keys(all).sort()];
  return Object.fromEntries(order.flatMap((name) => (all[name] ? [[name, all[name]] as const] : [])));
}
