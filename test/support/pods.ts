import { randomUUID } from 'node:crypto';

export interface WantedContainer {
  name: string;
  id?: string;
  restart?: number;
  image?: string;
  restartPolicy?: string;
}

export interface WantedPod {
  name: string;
  namespace?: string;
  uid?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  node?: string;
  containers?: WantedContainer[];
  initContainers?: WantedContainer[];
  owner?: { kind: string; name: string };
}

/** A pod as the API server sends it, in size and shape like a real one. */
export function makePod({ name, namespace = 'default', uid = randomUUID(), node = 'node-1', ...wanted }: WantedPod) {
  const { labels = {}, annotations = {}, containers = [{ name: 'main' }], initContainers = [], owner } = wanted;
  const created = '2026-01-02T03:04:05Z';
  const ownerReferences = owner && [
    { apiVersion: 'apps/v1', ...owner, uid: randomUUID(), controller: true, blockOwnerDeletion: true },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion: '',
      creationTimestamp: created,
      labels,
      annotations,
      ownerReferences,
      managedFields: [
        {
          manager: 'kube-controller-manager',
          operation: 'Update',
          apiVersion: 'v1',
          time: created,
          fieldsType: 'FieldsV1',
          fieldsV1: {
            'f:metadata': { 'f:labels': { '.': {}, 'f:application': {} } },
            'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
          },
        },
      ],
    },
    spec: {
      nodeName: node,
      serviceAccountName: 'default',
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      volumes: [
        {
          name: 'kube-api-access',
          projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] },
        },
      ],
      initContainers: initContainers.map(toSpec),
      containers: containers.map(toSpec),
    },
    status: {
      phase: 'Running',
      podIP: '10.244.1.7',
      startTime: created,
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: created,
      })),
      initContainerStatuses: initContainers.map(toStatus),
      containerStatuses: containers.map(toStatus),
    },
  };
}

export type RawPod = ReturnType<typeof makePod>;

function toSpec({ name, image = 'registry.example/shop:1.2', restartPolicy }: WantedContainer) {
  return {
    name,
    image,
    restartPolicy,
    imagePullPolicy: 'IfNotPresent',
    env: [{ name: 'GREETING', value: 'hello' }],
    resources: { requests: { cpu: '10m', memory: '32Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 },
    volumeMounts: [
      { name: 'kube-api-access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
    ],
  };
}

function toStatus({ name, id, restart = 0, image = 'registry.example/shop:1.2' }: WantedContainer) {
  return {
    name,
    image,
    imageID: `${image}@sha256:${'cd'.repeat(32)}`,
    containerID: id === undefined ? undefined : `containerd://${id}`,
    restartCount: restart,
    ready: true,
    started: true,
    state: { running: { startedAt: '2026-01-02T03:04:06Z' } },
    lastState: {},
  };
}
