import type { Source } from './source.ts';

/** Which of a pod's lists a container stands in; a sidecar is an init container that is restarted always. */
export type ContainerKind = 'regular' | 'init' | 'sidecar' | 'ephemeral';

export interface PodContainer {
  name: string;
  kind: ContainerKind;
  /** As written in the pod's spec. */
  image: string;
  /** The instances that the status names, current and last, by restart count: ids without the `runtime://` prefix. */
  instances: readonly { id: string; restart: number }[];
}

/** What the API knows of a pod, cut to what is used here. */
export interface Pod {
  uid: string;
  name: string;
  namespace: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  node: string;
  serviceAccount: string;
  /** The controlling owner; a Deployment for a ReplicaSet that one made. */
  owner?: { kind: string; name: string };
  /** Static pods only: the hash that stands for the uid in directory names (annotation `kubernetes.io/config.hash`). */
  configHash?: string;
  /** Its deletion was asked for: its containers have a grace period at the most. */
  ending: boolean;
  containers: readonly PodContainer[];
}

/** Where the pods of this node come from: the API server, the kubelet, or a file. */
export type PodSource = Source<Pod>;
