import type { Level } from '../system/log.ts';
import { parseAddress } from '../system/status.ts';
import type { OptionTable, Values } from './option.ts';
import { checkMapping, each } from './check.ts';
import { selectionOptions } from './options/selection.ts';
import { sourceOptions } from './options/source.ts';

/** The options of the watcher itself; each agent brings a table of its own. */
export const options = {
  agents: { type: 'list', default: [], aliases: ['a'], describe: 'The shippers to configure' },
  'agents-path': {
    type: 'list',
    default: [],
    describe: "Directories or npm packages with an operator's own agents and templates, the first one first",
  },
  config: { type: 'string', describe: 'Configuration file, YAML or JSON' },
  interval: { type: 'number', default: 60, min: 0.1, describe: 'Seconds between two full looks at the disk' },
  linger: {
    type: 'number',
    default: 60,
    min: 0,
    describe: 'Seconds for which a container that is gone keeps its configuration, so that its log is read to the end',
  },
  ...selectionOptions,
  'containers-path': {
    type: 'string',
    aliases: ['c'],
    describe: "Directory of Docker's containers; if not given, the usual places are looked at",
  },
  'pods-path': {
    type: 'string',
    describe: "The kubelet's directory of logs, /var/log/pods; if not given, the usual places are looked at",
  },
  'links-path': {
    type: 'string',
    describe: "The kubelet's directory of links, /var/log/containers; if not given, the usual places are looked at",
  },
  'path-map': {
    type: 'list',
    default: [],
    check: each(checkMapping),
    describe: 'FROM=TO for each directory that the shipper sees at another path than the watcher',
  },
  ...sourceOptions,
  'node-name': {
    type: 'string',
    variables: ['CLUSTER_NODE_NAME', 'NODE_NAME'],
    describe: 'Name of the node, from spec.nodeName of the downward API',
  },
  'cluster-id': { type: 'string', aliases: ['i'], describe: 'The id of the cluster, added to all logs' },
  'cluster-alias': {
    type: 'string',
    default: 'none',
    variables: ['CLUSTER_ALIAS'],
    describe: 'Another name of the cluster, added to all logs',
  },
  'cluster-environment': {
    type: 'string',
    default: 'production',
    variables: ['CLUSTER_ENVIRONMENT'],
    describe: 'The environment of pods without an environment label',
  },
  'state-path': {
    type: 'string',
    describe: 'Directory in which the pods are remembered over a restart; without it nothing is',
  },
  'status-address': {
    type: 'string',
    default: ':9469',
    check: (value) =>
      value === 'off' || parseAddress(String(value))
        ? undefined
        : 'has to be HOST:PORT, :PORT or off; an IPv6 address stands in brackets',
    describe: 'Where health and metrics are served, HOST:PORT; off serves nothing',
  },
  'log-level': {
    type: 'string',
    default: 'info',
    choices: ['error', 'warn', 'info', 'debug'],
    spellings: { critical: 'error', fatal: 'error', warning: 'warn', notset: 'debug' },
    variables: ['LOGLEVEL'],
    describe: 'How much is logged',
  },
  debug: { type: 'boolean', default: false, aliases: ['verbose', 'v'], describe: 'The same as --log-level debug' },
  'own-pod-uid': { type: 'string', variables: ['POD_UID'], describe: 'The uid of the own pod' },
  'own-pod-name': {
    type: 'string',
    variables: ['POD_NAME', 'HOSTNAME'],
    describe: 'The name of the own pod, which is not shipped',
  },
  'own-namespace': { type: 'string', variables: ['POD_NAMESPACE'], describe: 'The namespace of the own pod' },
  'sentry-dsn': {
    type: 'secret',
    literals: ['SENTRY_DSN'],
    describe: 'File with the DSN of a Sentry project, to which failures of the watcher are reported',
  },
  'kubernetes-update-certificates': {
    type: 'boolean',
    aliases: ['updated-certificates'],
    deprecated: "it has no effect: the service account's CA is used as it is",
    describe: "Installed the cluster's CA in earlier versions",
  },
} as const satisfies OptionTable;

/** The checked values of the watcher's own options. */
export type CoreValues = Values<typeof options>;
export type CoreName = keyof typeof options;

/** What is read once: a change in the config file takes effect at the next start. */
export const fixedAtStart: readonly CoreName[] = [
  'agents',
  'agents-path',
  'containers-path',
  'pods-path',
  'links-path',
  'pod-source',
  'pods',
  'kube-url',
  'kubeconfig',
  'context',
  'kubelet-url',
  'kubelet-token-file',
  'kubelet-ca-file',
  'kubelet-insecure',
  'namespace-labels',
  'node-labels',
  'node-name',
  'own-pod-uid',
  'own-pod-name',
  'own-namespace',
  'state-path',
  'status-address',
  'log-level',
  'debug',
  'sentry-dsn',
];

/** The level of the log: `--debug` beats `--log-level`. */
export function logLevel(core: Pick<CoreValues, 'debug' | 'log-level'>): Level {
  return core.debug ? 'debug' : (core['log-level'] as Level);
}
