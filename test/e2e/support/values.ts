const shippers = [
  'alloy',
  'promtail',
  'fluent-bit',
  'vector',
  'otel-collector',
  'filebeat',
  'fluentd',
  'rsyslog',
  'scalyr',
  'appdynamics',
] as const;

/** Values of the chart, as `--set` takes them, that between them reach every part of it. */
export const matrix: Readonly<Record<string, readonly string[]>> = {
  'no values': [],
  ...Object.fromEntries(
    shippers.map((name) => [
      name,
      ['shippers.ship.enabled=false', 'serve.enabled=false', `shippers.${name}.enabled=true`],
    ]),
  ),
  'all shippers at once': shippers.map((name) => `shippers.${name}.enabled=true`),
  'serve on Cassandra': ['serve.store=cassandra', 'serve.replicas=3', 'serve.cassandra.hosts={c1,c2}'],
  'serve without a volume': ['serve.persistence.enabled=false'],
  'tokens for serve': [
    'serve.tokens.write.secret=writers',
    'serve.tokens.read.secret=readers',
    'shippers.ship.token.secret=writers',
    'shippers.ship.token.key=tokens',
  ],
  'ship to a Loki elsewhere': [
    'serve.enabled=false',
    'shippers.ship.url=https://loki.example/loki/api/v1/push',
    'shippers.ship.tenant=team-a',
    'shippers.ship.env.WATCHER_STATUS_ADDRESS=:9471',
  ],
  'pods of the kubelet': ['watch.podSource=kubelet'],
  'labels of namespaces and nodes': ['watch.namespaceLabels=true', 'watch.nodeLabels=true'],
  "the watcher's own options": [
    'watch.config.exclude-namespaces={kube-system}',
    'watch.env.WATCHER_LINGER=30',
    'cluster.id=one',
    'cluster.alias=two',
    'cluster.environment=test',
  ],
  'other directories of the node': ['watch.paths.docker=/var/lib/docker/containers', 'fullnameOverride=klw'],
  'an account that is there': ['serviceAccount.create=false', 'serviceAccount.name=own', 'rbac.create=false'],
  'all monitoring': ['podMonitor.enabled=true', 'prometheusRule.enabled=true', 'dashboard.enabled=true'],
  'neither policies nor a priority': ['networkPolicy.enabled=false', 'pod.priorityClassName='],
};
