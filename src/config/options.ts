import type { Level } from '../system/log.ts';
import { parseAddress } from '../system/status.ts';
import type { OptionTable, Values } from './option.ts';
import { checkLabel, checkMapping, checkPattern, checkSelector, checkUrl, each } from './check.ts';

/** The keys of annotations; what they mean is told in `src/watch/hints/`. */
const hints = [
  'include',
  'exclude',
  'parser',
  'multiline-start',
  'sampling',
  'redaction',
  'tenant',
  'attributes',
] as const;

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
  'strict-labels': {
    type: 'list',
    default: ['application', 'version'],
    check: each(checkLabel),
    describe: 'Labels that a pod must have to be shipped; empty asks for none',
  },
  'label-map': {
    type: 'data',
    describe:
      'Where application, component, environment, version and release come from if not from labels of these names: a mapping of lists, or the word recommended',
  },
  'include-labels': {
    type: 'list',
    default: [],
    check: each(checkSelector),
    describe: 'Ships only pods that one of these selects: app=web, app!=web, app or !app',
  },
  'exclude-labels': {
    type: 'list',
    default: [],
    check: each(checkSelector),
    describe: 'Leaves out pods that one of these selects: app=web, app!=web, app or !app',
  },
  'include-namespaces': {
    type: 'list',
    default: [],
    check: each(checkPattern),
    describe: 'Ships only these namespaces; * stands for any text',
  },
  'exclude-namespaces': {
    type: 'list',
    default: [],
    check: each(checkPattern),
    describe: 'Leaves out these namespaces; * stands for any text',
  },
  'exclude-containers': {
    type: 'list',
    default: [],
    check: each(checkPattern),
    describe: 'Leaves out containers of these names; * stands for any text',
  },
  hints: {
    type: 'list',
    default: hints,
    choices: ['none', ...hints],
    check: (value) =>
      (value as readonly string[]).includes('none') && (value as readonly string[]).length > 1
        ? 'has none beside others'
        : undefined,
    describe: 'The hints that annotations may give; none or an empty list allows none',
  },
  'hint-policy': {
    type: 'data',
    describe:
      'Hints of the operator for containers without such annotations: a list of rules with hints and namespaces, labels or containers',
  },
  tenants: {
    type: 'data',
    describe:
      'The tenants that the pods of a namespace may choose among, a mapping of namespaces; the first is the default',
  },
  'require-include': {
    type: 'boolean',
    default: false,
    describe: 'Ships only what asks for it by the hint include',
  },
  'include-own-pod': { type: 'boolean', default: false, describe: 'Ships the logs of the own pod too' },
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
  'pod-source': {
    type: 'string',
    default: 'api',
    choices: ['api', 'kubelet', 'file'],
    describe: 'Who is asked for the pods of the node; with --pods it is the file',
  },
  pods: { type: 'string', describe: 'File of pods, as kubectl get pods -o json or -o yaml writes it' },
  'kube-url': {
    type: 'string',
    aliases: ['u'],
    check: checkUrl,
    describe: 'Address of the API server or of a proxy before it; no credentials are sent there',
  },
  kubeconfig: { type: 'string', variables: ['KUBECONFIG'], describe: 'The kubeconfig file' },
  context: { type: 'string', describe: 'The context of the kubeconfig file' },
  'kubelet-url': { type: 'string', check: checkUrl, describe: 'Address of the kubelet' },
  'kubelet-token-file': { type: 'string', describe: 'File with the token for the kubelet, read at each request' },
  'kubelet-ca-file': { type: 'string', describe: "File with the authority that signed the kubelet's certificate" },
  'kubelet-insecure': { type: 'boolean', default: false, describe: "Trusts any certificate of the kubelet's" },
  'namespace-labels': {
    type: 'boolean',
    default: false,
    describe: 'Reads labels of namespaces, and hints from their annotations; asks for a role of its own',
  },
  'node-labels': {
    type: 'boolean',
    default: false,
    describe: 'Reads the labels of the node; asks for a role of its own',
  },
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
