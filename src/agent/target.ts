import type { ContainerKind } from '../kubernetes/pod.ts';
import type { LogFormat } from '../logs/container.ts';
import type { Hints } from './hints.ts';

/** A container joined with its pod: something whose log should be shipped. All text in it is strangers' input. */
export interface Target {
  /** Unique on the node, stable for the life of the instance, and safe as a file name. */
  id: string;
  container: {
    /** The runtime's id; empty where neither disk nor API has told it. */
    id: string;
    name: string;
    kind: ContainerKind;
    restart: number;
    runtime: 'docker' | 'cri';
    /** As the pod's spec or else the runtime writes it: `registry/team/shop:1.2@sha256:…`. */
    image: string;
    /** Without tag and digest. */
    imageName: string;
    /** `latest` where neither tag nor digest is given, else empty without one. */
    imageTag: string;
    imageDigest: string;
  };
  pod: {
    name: string;
    namespace: string;
    /** Empty unless the operator has them read. */
    namespaceLabels: Readonly<Record<string, string>>;
    uid: string;
    labels: Readonly<Record<string, string>>;
    annotations: Readonly<Record<string, string>>;
    node: string;
    serviceAccount: string;
    owner: { kind: string; name: string };
  };
  /** Where the log is, by the paths that the shipper sees. */
  log: { path: string; directory: string; file: string; format: LogFormat };
  /**
   * The pod's labels of these names, or what the operator has them taken from; empty without one. `environment` falls
   * back to the cluster's.
   */
  application: string;
  component: string;
  environment: string;
  version: string;
  release: string;
  hints: Hints;
}

/** The node and the cluster it belongs to; empty where not configured. */
export interface Node {
  name: string;
  /** Empty unless the operator has them read. */
  labels: Readonly<Record<string, string>>;
  cluster: { id: string; alias: string; environment: string };
}
