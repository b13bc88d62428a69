import { parseAllDocuments } from 'yaml';

/** A Kubernetes object, as far as the tests look into it. */
export interface Thing {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  data?: Record<string, string>;
  spec?: {
    replicas?: number;
    template?: { metadata: { labels?: Record<string, string> }; spec: PodSpec };
    [key: string]: unknown;
  };
}

export interface PodSpec {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  priorityClassName?: string;
  securityContext?: { seccompProfile?: { type: string }; runAsNonRoot?: boolean };
  initContainers?: Container[];
  containers: Container[];
  volumes?: { name: string; hostPath?: { path: string }; emptyDir?: object; configMap?: { name: string } }[];
}

export interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string }[];
  args?: string[];
  ports?: { name?: string; containerPort: number; hostPort?: number }[];
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean; subPath?: string }[];
  resources?: { requests?: { cpu?: string; memory?: string }; limits?: { memory?: string } };
  securityContext?: {
    privileged?: boolean;
    readOnlyRootFilesystem?: boolean;
    allowPrivilegeEscalation?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
  };
  livenessProbe?: object;
  readinessProbe?: object;
}

/** The objects in a text of YAML documents; throws what is wrong with it. */
export function objectsIn(text: string): Thing[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const value = document.toJS() as Thing | null;
    return value ? [value] : [];
  });
}

export function podOf({ kind, spec }: Thing): PodSpec | undefined {
  if (kind === 'CronJob') return (spec?.['jobTemplate'] as Thing | undefined)?.spec?.template?.spec;
  return kind === 'Pod' ? (spec as unknown as PodSpec) : spec?.template?.spec;
}

const logs = ['/var/log/pods', '/var/log/containers', '/var/lib/docker/containers'];

/** What is against the rules for what we let run on other people's nodes, a sentence for each. */
export function againstPolicy(thing: Thing): string[] {
  const wrong: string[] = [];
  const where = `${thing.kind} ${thing.metadata.name}`;
  for (const { apiGroups, resources, verbs } of thing.rules ?? [])
    if ([...apiGroups, ...resources, ...verbs].includes('*') || verbs.some((verb) => !/^(get|list|watch)$/.test(verb)))
      wrong.push(`${where}: may do more than read`);
  const pod = podOf(thing);
  if (!pod) return wrong;
  const ask = (holds: unknown, what: string) => {
    if (!holds) wrong.push(`${where}: ${what}`);
  };
  ask(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, "shares the host's namespaces");
  ask(pod.securityContext?.seccompProfile?.type === 'RuntimeDefault', 'no seccomp profile');
  const own = new Map((pod.volumes ?? []).map((volume) => [volume.name, volume]));
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    const { securityContext: rights, resources, volumeMounts = [], ports = [] } = container;
    const of = `container ${container.name}`;
    ask(!rights?.privileged, `${of} is privileged`);
    ask(rights?.readOnlyRootFilesystem, `${of} may write to its root`);
    ask(rights?.allowPrivilegeEscalation === false, `${of} may gain privileges`);
    ask(rights?.capabilities?.drop?.includes('ALL') && !rights.capabilities.add, `${of} has capabilities`);
    ask(resources?.requests?.cpu && resources.requests.memory && resources.limits?.memory, `${of} has no bounds`);
    ask(/:[^:/]+$/.test(container.image) && !container.image.endsWith(':latest'), `${of} has an image of no version`);
    for (const { hostPort } of ports) ask(hostPort === undefined, `${of} takes a port of the host`);
    for (const { name, mountPath, readOnly } of volumeMounts) {
      const path = own.get(name)?.hostPath?.path;
      if (path === undefined) continue;
      const ours = /^\/var\/lib\/(kube-log-watcher(-[a-z-]+)?|loggy|ship)$/.test(path);
      ask(ours || readOnly, `${of} may write to ${path}`);
      ask(ours || logs.includes(path), `${of} sees ${path} of the node at ${mountPath}`);
    }
  }
  return wrong;
}
