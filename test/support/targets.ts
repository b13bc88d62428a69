import { posix } from 'node:path';
import type { Agent } from '../../src/agent/agent.ts';
import type { Hints } from '../../src/agent/hints.ts';
import type { Node, Target } from '../../src/agent/target.ts';
import type { LogFormat } from '../../src/logs/container.ts';

/** What a test says of a target; the rest follows from it or is ordinary. */
export interface TargetInput {
  id?: string;
  namespace?: string;
  pod?: string;
  uid?: string;
  container?: string;
  containerId?: string;
  restart?: number;
  format?: LogFormat;
  /** The whole path of the log. */
  log?: string;
  image?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  namespaceLabels?: Record<string, string>;
  owner?: { kind: string; name: string };
  hints?: Partial<Hints>;
  /** The cluster's environment, for pods without such a label. */
  environment?: string;
}

/** A node of an ordinary cluster. */
export const node: Node = {
  name: 'node-1',
  labels: {},
  cluster: { id: 'kube-cluster-1', alias: 'alias-1', environment: 'production' },
};

/** A target as the watcher would make it of such a container and pod. */
export function makeTarget(input: TargetInput = {}): Target {
  const { namespace = 'default', pod = 'web-1', container = 'app', restart = 0, format = 'docker' } = input;
  const {
    labels = {},
    annotations = {},
    environment = 'production',
    uid = '6f1b0f0a-0000-4000-8000-000000000001',
  } = input;
  const dockerId = '1bcd465aaa03ba3a41b657f64275ad1ba7474214ca6176f480cb3503e184a5c9';
  const containerId = input.containerId ?? (format === 'docker' ? (input.id ?? dockerId) : dockerId);
  const id = input.id ?? (format === 'docker' ? containerId : `${uid}_${container}_${restart}`);
  const path =
    input.log ??
    (format === 'docker'
      ? `/var/lib/docker/containers/${id}/${id}-json.log`
      : `/var/log/pods/${namespace}_${pod}_${uid}/${container}/${restart}.log`);
  const label = (name: string) => (Object.hasOwn(labels, name) ? (labels[name] ?? '') : '');
  const image = input.image ?? 'registry.example.org/team/shop:1.0.3';
  return {
    id,
    container: {
      id: containerId,
      name: container,
      kind: 'regular',
      restart,
      runtime: format,
      image,
      imageName: image.replace(/:[^:/]*$/, ''),
      imageTag: /:([^:/]*)$/.exec(image)?.[1] ?? 'latest',
      imageDigest: '',
    },
    pod: {
      name: pod,
      namespace,
      namespaceLabels: input.namespaceLabels ?? {},
      uid,
      labels,
      annotations,
      node: node.name,
      serviceAccount: 'default',
      owner: input.owner ?? { kind: '', name: '' },
    },
    log: { path, directory: posix.dirname(path), file: posix.basename(path), format },
    application: label('application'),
    component: label('component'),
    environment: label('environment') || environment,
    version: label('version'),
    release: label('release'),
    hints: { attributes: {}, ...input.hints },
  };
}

/** So many targets that differ in everything. */
export function makeTargets(count: number): Target[] {
  return Array.from({ length: count }, (_, index) => {
    const hex = index.toString(16).padStart(8, '0');
    return makeTarget({
      ...(index % 2 === 0 ? { id: hex.repeat(8) } : { format: 'cri', uid: `${hex}-0000-4000-8000-000000000000` }),
      pod: `pod-${index}`,
      labels: { application: `app-${index}`, version: `v${index}`, 'app.kubernetes.io/name': `name-${index}` },
    });
  });
}

/** Values for all options of an agent: those given, the defaults, and ordinary ones for what is required. */
export function makeOptions(agent: Agent, given: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const ordinary = (name: string, type: string) => (type === 'secret' ? 'KEY-1' : `/out/${agent.name}/${name}`);
  const entries = Object.entries(agent.options).map(([name, option]) => [
    name,
    given[name] ?? option.default ?? (option.required ? ordinary(name, option.type) : undefined),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}
