import { ownerOf } from './owner.ts';
import type { ContainerKind, Pod, PodContainer } from './pod.ts';
import { list, map, text, texts, type Raw } from './raw.ts';

type Instance = PodContainer['instances'][number];

/** A pod as the API writes it, cut to what is used here; undefined without uid, name or namespace. */
export function toPod(raw: unknown): Pod | undefined {
  const { metadata, spec, status } = map(raw);
  const meta = map(metadata);
  const uid = text(meta.uid);
  const name = text(meta.name);
  const namespace = text(meta.namespace);
  if (!uid || !name || !namespace) return undefined;

  const labels = texts(meta.labels);
  const annotations = texts(meta.annotations);
  const owner = ownerOf(meta.ownerReferences, {
    hash: labels['pod-template-hash'],
    created: text(meta.creationTimestamp),
  });
  const configHash = annotations['kubernetes.io/config.hash'];
  return {
    uid,
    name,
    namespace,
    labels,
    annotations,
    node: text(map(spec).nodeName),
    serviceAccount: text(map(spec).serviceAccountName),
    ...(owner && { owner }),
    ...(configHash && { configHash }),
    ending: text(meta.deletionTimestamp) !== '',
    containers: containersOf(map(spec), map(status)),
  };
}

function containersOf(spec: Raw, status: Raw): PodContainer[] {
  const shape = (listed: unknown, statuses: unknown, kindOf: (container: Raw) => ContainerKind): PodContainer[] => {
    const byName = new Map(list(statuses).map((one) => [text(one.name), one]));
    return list(listed).flatMap((container) => {
      const name = text(container.name);
      if (!name) return [];
      return [
        { name, kind: kindOf(container), image: text(container.image), instances: instancesOf(byName.get(name)) },
      ];
    });
  };
  return [
    ...shape(spec.initContainers, status.initContainerStatuses, ({ restartPolicy }) =>
      restartPolicy === 'Always' ? 'sidecar' : 'init',
    ),
    ...shape(spec.containers, status.containerStatuses, () => 'regular'),
    ...shape(spec.ephemeralContainers, status.ephemeralContainerStatuses, () => 'ephemeral'),
  ];
}

function instancesOf(status: Raw = {}): Instance[] {
  const restart = Number.isSafeInteger(status.restartCount) ? Number(status.restartCount) : 0;
  const current = bare(status.containerID);
  const last = bare(map(map(status.lastState).terminated).containerID);
  const instances: Instance[] = [];
  if (current) instances.push({ id: current, restart });
  // While a container waits for its restart, both places name the one that ended.
  if (last && last !== current && restart > 0) instances.push({ id: last, restart: restart - 1 });
  return instances;
}

const bare = (id: unknown) => text(id).replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
