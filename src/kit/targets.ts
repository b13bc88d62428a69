import { posix } from 'node:path';
import type { Agent } from '../agent/agent.ts';
import type { Hints } from '../agent/hints.ts';
import type { Node, Target } from '../agent/target.ts';
import type { Option } from '../config/option.ts';
import type { LogFormat } from '../logs/container.ts';

/** What is said of a target; the rest follows from it or is ordinary. */
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

/** Stands for the value of an option of type secret. */
export const secretText = 'KEY-1';

/** Ordinary sets of targets: alike in all but one thing, and of every kind. */
export function ordinaryInputs({ labels }: { labels: readonly string[] }): TargetInput[][] {
  const team = Object.fromEntries(['application', 'version', ...labels].map((name) => [name, 'shop']));
  const uid = (end: number) => `6f1b0f0a-0000-4000-8000-00000000000${end}`;
  const one = { format: 'cri', labels: team } as const;
  return [
    [],
    [{}],
    [one, { ...one, container: 'sidecar' }, { ...one, restart: 1 }],
    [one, { ...one, uid: uid(2), pod: 'web-2' }, { ...one, uid: uid(3), namespace: 'other' }],
    [{ id: 'a'.repeat(64) }, { id: 'b'.repeat(64), container: 'sidecar' }, { ...one, labels: {} }],
    [{ ...one, namespace: 'n'.repeat(63), pod: 'p'.repeat(253), container: 'c'.repeat(63) }],
  ];
}

/** Values for all options of an agent: those given, the defaults, and ordinary ones for what is required. */
export function makeOptions(
  agent: Pick<Agent, 'name' | 'options'>,
  given: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const entries = Object.entries(agent.options).map(([name, option]) => [
    name,
    given[name] ?? option.default ?? (option.required ? ordinary(agent.name, name, option) : undefined),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function ordinary(agent: string, name: string, { type, choices, min = 1 }: Option): unknown {
  switch (type) {
    case 'secret':
      return secretText;
    case 'number':
      return min;
    case 'boolean':
      return true;
    case 'list':
      return [choices?.[0] ?? 'one'];
    case 'data':
      return {};
    default:
      return choices?.[0] ?? `/out/${agent}/${name}`;
  }
}
