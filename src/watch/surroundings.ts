import type { CoreValues } from '../config/options.ts';
import { connect } from '../kubernetes/connection.ts';
import { namespacesFromApi, nodeFromApi, type Metadata } from '../kubernetes/metadata.ts';
import type { Source } from '../kubernetes/source.ts';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import { prefix } from './hints/annotations.ts';
import type { Settings } from './pass.ts';

/** What an earlier process knew of the pods' surroundings; empty where it didn't look. */
export interface Remembered {
  namespaces?: readonly Metadata[];
  nodeLabels?: Readonly<Record<string, string>>;
}

/** What the operator has read beside the pods: their namespaces, the node. No illness of it keeps a pod waiting for long. */
export interface Surroundings {
  /** Whether something was never read, not even by an earlier process. */
  readonly awaited: boolean;
  /** Whether each is read, and why not. */
  readonly sources: Readonly<Record<string, Pick<Source<Metadata>, 'synced' | 'error'>>>;
  /** The settings with what is known now. */
  within(settings: Settings): Settings;
  /** What the next process has to know, of the namespaces of these names. */
  remember(names: ReadonlySet<string>): Remembered;
  /** Runs until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface World {
  log: Log;
  metrics: Metrics;
  remembered?: Remembered;
  onChange(what: 'namespaces' | 'node'): void;
}

/** The sources that the options ask for; undefined for none. Rejects when no API server is known. */
export async function surroundingsOf(core: CoreValues, world: World): Promise<Surroundings | undefined> {
  const { 'namespace-labels': ofNamespaces, 'node-labels': ofNode, 'kube-url': kubeUrl, kubeconfig, context } = core;
  if (!ofNamespaces && !ofNode) return undefined;
  const { log, metrics, remembered, onChange } = world;
  const common = { connection: await connect({ kubeUrl, kubeconfig, context }), log, metrics };
  const keeps = (annotation: string) => annotation.startsWith(prefix);
  return createSurroundings(
    {
      namespaces: ofNamespaces && namespacesFromApi({ ...common, keeps, onChange: () => onChange('namespaces') }),
      node: ofNode && nodeFromApi({ ...common, node: core['node-name'] ?? '', onChange: () => onChange('node') }),
    },
    remembered,
  );
}

/** From sources that are read, or false for one that isn't. */
export function createSurroundings(
  { namespaces, node }: { namespaces: Source<Metadata> | false; node: Source<Metadata> | false },
  remembered: Remembered = {},
): Surroundings {
  const unread = (source: Source<Metadata> | false, before: unknown) =>
    source && !source.synced && before === undefined;
  const all = (source: Source<Metadata>) => (source.synced ? source.all() : remembered.namespaces);
  const nodeLabels = () => {
    if (!node) return undefined;
    return node.synced ? node.all()[0]?.labels : remembered.nodeLabels;
  };
  return {
    get awaited() {
      return unread(namespaces, remembered.namespaces) || unread(node, remembered.nodeLabels);
    },
    sources: { ...(namespaces && { namespaces }), ...(node && { node }) },
    within: (settings) =>
      withMetadata(settings, {
        namespaces: namespaces ? (all(namespaces) ?? []) : undefined,
        nodeLabels: nodeLabels(),
      }),
    remember: (names) => ({
      namespaces: namespaces ? all(namespaces)?.filter(({ name }) => names.has(name)) : undefined,
      nodeLabels: nodeLabels(),
    }),
    async run(signal) {
      await Promise.all([namespaces && namespaces.run(signal), node && node.run(signal)]);
    },
  };
}

/** The settings with these namespaces and these labels of the node, where they are read. */
export function withMetadata(settings: Settings, { namespaces, nodeLabels }: Remembered): Settings {
  const byName = namespaces && new Map(namespaces.map((one) => [one.name, one]));
  return {
    ...settings,
    ...(byName && {
      namespaces: byName,
      rules: { ...settings.rules, namespaceUnknown: (name: string) => !byName.has(name) },
    }),
    ...(nodeLabels && { node: { ...settings.node, labels: nodeLabels } }),
  };
}
