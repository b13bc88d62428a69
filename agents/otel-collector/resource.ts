import { attributesOf } from '../../src/agent/attributes.ts';
import type { Node, Target } from '../../src/agent/target.ts';
import { withoutExpression } from './literal.ts';

/** OpenTelemetry's own names (semantic conventions, resource: service, deployment, container, k8s). */
const names = new Map([
  ['application', 'service.name'],
  ['version', 'service.version'],
  ['environment', 'deployment.environment.name'],
  ['namespace', 'k8s.namespace.name'],
  ['pod', 'k8s.pod.name'],
  ['container', 'k8s.container.name'],
  ['container_id', 'container.id'],
  ['node', 'k8s.node.name'],
  ['cluster', 'k8s.cluster.name'],
]);

const owners = new Set(['ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob']);

/** What the receiver sets on each line of a container; what has no name of OpenTelemetry's keeps its own. */
export function resource(target: Target, node: Node, labels: readonly string[]): Record<string, string> {
  const { pod, container, hints } = target;
  const { image: _image, ...attributes } = attributesOf(target, node, labels);
  const all = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [names.get(name) ?? name, value]));
  const { kind, name } = pod.owner;
  const more = {
    ...(owners.has(kind) && { [`k8s.${kind.toLowerCase()}.name`]: name }),
    'k8s.pod.uid': pod.uid,
    'k8s.container.restart_count': String(container.restart),
    'container.image.name': container.imageName,
    'container.image.tag': container.imageTag,
    tenant: hints.tenant ?? '',
    parser: hints.parser ?? '',
  };
  return Object.fromEntries(
    Object.entries({ ...all, ...more })
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, withoutExpression(value)]),
  );
}
