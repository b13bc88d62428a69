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

/** Where pods come from: the API server, the kubelet, or a file. */
export interface PodSource {
  /** True once a complete list has been read; stays true through later failures. */
  readonly synced: boolean;
  /** The pods of this node by the last good reading; empty until `synced`. */
  all(): readonly Pod[];
  /** Asks for a new complete list soon; a source may ignore it. */
  relist(): void;
  /** Why the source is ill at the moment, or undefined. */
  readonly error: string | undefined;
  /** Runs until the signal is aborted; never rejects because of a server. */
  run(signal: AbortSignal): Promise<void>;
}
