const image = { image: 'busybox:1.35', imagePullPolicy: 'IfNotPresent' };
const forever = 'while :; do echo "a line of $HOSTNAME"; sleep 1; done';

/** A pod that logs a line with its name each second, or does what the script says. */
export function pod(
  name: string,
  node: string,
  { labels, script = forever, init }: { labels?: Record<string, string>; script?: string; init?: string } = {},
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: labels ?? { application: name, version: 'v1' } },
    spec: {
      // Not by the scheduler, which needs a minute to find its way after an outage.
      nodeName: `node-${node}`,
      terminationGracePeriodSeconds: 1,
      initContainers: init ? [{ name: 'init', ...image, command: ['sh', '-c', init] }] : [],
      containers: [{ name: 'main', ...image, command: ['sh', '-c', script] }],
    },
  };
}

export function deployment(name: string, node: string, replicas: number) {
  const { metadata, spec } = pod(name, node);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { application: name } },
      template: { metadata: { labels: metadata.labels }, spec },
    },
  };
}

/** A pod as the kubelet finds it in its own directory; it appends the node to the name. */
export function staticPod(name: string, namespace: string) {
  const { spec, metadata, ...rest } = pod(name, '');
  return { ...rest, metadata: { ...metadata, namespace }, spec: { ...spec, nodeName: undefined } };
}
