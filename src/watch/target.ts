import { posix } from 'node:path';
import type { Hints } from '../agent/hints.ts';
import type { Node, Target } from '../agent/target.ts';
import type { Pod } from '../kubernetes/pod.ts';
import type { Container } from '../logs/container.ts';
import { mapped, type LabelMap, type MappedName } from './label-map.ts';

/** What stands neither on the container nor on the pod. */
export interface Around {
  node: Node;
  seenByShipper(path: string): string;
  hints: Hints;
  labelMap?: LabelMap;
  namespaceLabels?: Target['pod']['namespaceLabels'];
}

/** Everything that an agent may want to know of a container, from the disk and from the API. */
export function toTarget(
  container: Container,
  pod: Pod,
  id: string,
  { node, seenByShipper, hints, labelMap = {}, namespaceLabels = {} }: Around,
): Target {
  const spec = pod.containers.find(({ name }) => name === container.name);
  const path = seenByShipper(container.log.path);
  const known: Pick<Target, 'container' | 'pod'> = {
    container: {
      id: container.id,
      name: container.name,
      kind: spec?.kind ?? 'regular',
      restart: container.restart,
      runtime: container.runtime,
      ...splitImage(spec?.image || container.image || ''),
    },
    pod: {
      name: pod.name,
      namespace: pod.namespace,
      namespaceLabels,
      uid: pod.uid,
      labels: pod.labels,
      annotations: pod.annotations,
      node: pod.node || node.name,
      serviceAccount: pod.serviceAccount,
      owner: pod.owner ?? { kind: '', name: '' },
    },
  };
  const label = (name: MappedName) => mapped(name, labelMap, known);
  return {
    id,
    ...known,
    log: { path, directory: posix.dirname(path), file: posix.basename(path), format: container.log.format },
    application: label('application'),
    component: label('component'),
    environment: label('environment') || node.cluster.environment,
    version: label('version'),
    release: label('release'),
    hints,
  };
}

/** Splits `registry:5000/team/shop:1.2@sha256:…`; without tag and digest the tag is `latest`, as the runtimes have it. */
export function splitImage(image: string): { image: string; imageName: string; imageTag: string; imageDigest: string } {
  const [reference = '', imageDigest = ''] = image.split('@', 2);
  const colon = reference.lastIndexOf(':');
  const tagged = colon > reference.lastIndexOf('/');
  const imageName = tagged ? reference.slice(0, colon) : reference;
  const imageTag = tagged ? reference.slice(colon + 1) : image && !imageDigest ? 'latest' : '';
  return { image, imageName, imageTag, imageDigest };
}
