import { follow, type Follow } from './follow.ts';
import { map, text, texts } from './raw.ts';
import type { Source } from './source.ts';

/** What is read of a namespace or a node. */
export interface Metadata {
  uid: string;
  name: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

export interface MetadataFromApi extends Follow {
  /** Annotations that nobody reads are not kept: there may be thousands of namespaces. */
  keeps(annotation: string): boolean;
}

/** All namespaces of the cluster, from one list and one watch. */
export function namespacesFromApi({ keeps, ...world }: MetadataFromApi): Source<Metadata> {
  const wayOut = 'apply manifests/watch/opt-in/rbac-namespaces.yaml, or switch --namespace-labels off';
  const read = (raw: unknown) => toMetadata(raw, keeps);
  return follow({ name: 'namespaces', path: '/api/v1/namespaces', read, wayOut }, world);
}

/** One node, from one list and one watch of nodes. */
export function nodeFromApi({ node, ...world }: Follow & { node: string }): Source<Metadata> {
  const wayOut = 'apply manifests/watch/opt-in/rbac-nodes.yaml, or switch --node-labels off';
  const read = (raw: unknown) => toMetadata(raw, () => false);
  return follow({ name: 'nodes', path: '/api/v1/nodes', fieldSelector: `metadata.name=${node}`, read, wayOut }, world);
}

/** Labels and annotations of a thing as the API writes it; undefined without uid or name. */
export function toMetadata(raw: unknown, keeps: MetadataFromApi['keeps']): Metadata | undefined {
  const metadata = map(map(raw).metadata);
  const uid = text(metadata.uid);
  const name = text(metadata.name);
  if (!uid || !name) return undefined;
  const annotations = Object.entries(texts(metadata.annotations)).filter(([annotation]) => keeps(annotation));
  return { uid, name, labels: texts(metadata.labels), annotations: Object.fromEntries(annotations) };
}
