/** A rule of a role, as the API has it. */
export interface Rule {
  apiGroups: readonly string[];
  resources: readonly string[];
  verbs: readonly string[];
}

/** What may be asked of Kubernetes for the sake of one feature. */
export interface Feature {
  /** What it is for, without a full stop. */
  summary: string;
  rules: readonly Rule[];
  /** Whether pods are read by it: one of these is needed, and it comes with the service account. */
  source: boolean;
}

const core = (resource: string, ...verbs: string[]): Rule => ({ apiGroups: [''], resources: [resource], verbs });

/** Every right that the program ever needs, by feature. Nothing else is asked of the API server or a kubelet. */
export const features = {
  pods: {
    summary: 'See the pods of the cluster, one node at a time',
    rules: [core('pods', 'list', 'watch')],
    source: true,
  },
  kubelet: {
    summary: "With --pod-source kubelet: see the pods that a node's kubelet knows, on Kubernetes 1.33 and newer",
    rules: [core('nodes/pods', 'get')],
    source: true,
  },
  'kubelet-proxy': {
    summary: 'The same before Kubernetes 1.33, where the right to see them opens all that a kubelet lets be read',
    rules: [core('nodes/proxy', 'get')],
    source: true,
  },
  namespaces: {
    summary: 'For --namespace-labels: see labels and annotations of namespaces',
    rules: [core('namespaces', 'list', 'watch')],
    source: false,
  },
  nodes: {
    summary: "For --node-labels: see labels of nodes; a role can't tell a pod's own node from others",
    rules: [core('nodes', 'list', 'watch')],
    source: false,
  },
} as const satisfies Readonly<Record<string, Feature>>;

export type FeatureName = keyof typeof features;

/** What the roles are called, and whom they are for. */
export interface Names {
  /** Of the service account and the role of pods; other roles are called by their feature behind it. */
  name: string;
  namespace: string;
}

/** The objects that give these features to the service account: a role and a binding for each, so that each goes alone. */
export function roles(names: readonly FeatureName[], { name, namespace }: Names) {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
  const pairs = names.flatMap((feature) => {
    const metadata = { name: feature === 'pods' ? name : `${name}-${feature}` };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name };
    const subjects = [{ kind: 'ServiceAccount', name, namespace }];
    return [
      { apiVersion, kind: 'ClusterRole', metadata, rules: features[feature].rules },
      { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects },
    ];
  });
  return names.some((feature) => features[feature].source) ? [account, ...pairs] : pairs;
}

/** The features that a configuration of the watcher makes use of. */
export function featuresOf(core: {
  'pod-source': string;
  'namespace-labels': boolean;
  'node-labels': boolean;
}): FeatureName[] {
  const names: FeatureName[] = [];
  if (core['pod-source'] === 'api') names.push('pods');
  if (core['pod-source'] === 'kubelet') names.push('kubelet');
  if (core['namespace-labels']) names.push('namespaces');
  if (core['node-labels']) names.push('nodes');
  return names;
}
