import { checkUrl } from '../config/check.ts';
import type { OptionTable, Values } from '../config/option.ts';
import { parseAddress } from '../system/status.ts';

/** The options of `ship`. */
export const shipOptions = {
  config: {
    type: 'string',
    variables: ['CONFIG_PATH'],
    describe: 'Configuration file, YAML or JSON: these options, several destinations, or that of a logging-agent',
  },
  preset: { type: 'string', choices: ['loggy'], describe: 'Defaults of another program' },
  'strict-config': { type: 'boolean', default: false, describe: 'Unknown keys of the config file are problems' },
  paths: {
    type: 'list',
    default: [],
    describe: 'Patterns of the files to follow: *, ?, [a-z], {a,b}, ** for directories',
  },
  exclude: {
    type: 'list',
    default: [],
    describe: 'Patterns of files to leave out; without a slash the file name is meant',
  },
  'exclude-namespaces': { type: 'list', default: [], describe: 'Namespaces to leave out' },
  'each-path': {
    type: 'boolean',
    default: false,
    describe: 'Tells each line by every path that leads to its file, in place of the first',
  },
  targets: {
    type: 'string',
    describe: 'File of targets, or directory of such files, as the agent ship of the watcher writes them',
  },
  from: {
    type: 'string',
    default: 'beginning',
    choices: ['beginning', 'end'],
    describe: 'Where files are begun that are there at the very first start; later ones always at the beginning',
  },
  'from-beginning': { type: 'boolean', describe: 'The same as --from beginning' },
  'from-end': { type: 'boolean', describe: 'The same as --from end' },
  'state-path': { type: 'string', describe: 'Directory for the offsets; without it each start is the first' },
  interval: { type: 'number', default: 5, min: 0.05, describe: 'Seconds between two looks for new files' },
  'max-line': { type: 'number', default: 262_144, min: 1024, max: 16_777_216, describe: 'The most bytes of a record' },
  overlong: {
    type: 'string',
    default: 'split',
    choices: ['split', 'truncate'],
    describe: 'What is done with longer lines',
  },
  raw: {
    type: 'boolean',
    default: false,
    describe: "Takes each line with the runtime's words, and with the time of reading",
  },
  'partial-wait': { type: 'number', default: 5, min: 0.1, describe: 'Seconds to wait for the rest of a line' },
  linger: { type: 'number', default: 10, min: 0, describe: 'Seconds for which a file put aside may still grow' },
  'gone-wait': {
    type: 'number',
    default: 3600,
    min: 0,
    describe: 'Seconds for which a deleted file is held open for a destination that is down',
  },
  'gone-files': { type: 'number', default: 500, min: 0, describe: 'The most files that are held open so' },
  polling: { type: 'boolean', default: false, describe: 'Does without inotify: files are looked at by the clock only' },
  'multiline-start': { type: 'string', describe: 'Regular expression of first lines; others join the line before' },
  sink: { type: 'string', choices: ['loki', 'http', 'stdout'], describe: 'The destination; loki or http with --url' },
  encoding: { type: 'string', describe: 'protobuf or json (loki), json or ndjson (http), json, agent, loggy (stdout)' },
  url: { type: 'string', aliases: ['post'], check: checkUrl, describe: 'Where to send to' },
  tenant: { type: 'string', describe: "Loki's tenant" },
  labels: {
    type: 'list',
    default: ['namespace', 'pod', 'container', 'stream', 'node'],
    describe: 'Attributes that become labels in Loki; * for all others that there are',
  },
  'label-limit': { type: 'number', default: 15, min: 1, describe: 'The most labels of a stream, as Loki allows' },
  metadata: {
    type: 'list',
    default: ['path', 'pod_uid'],
    describe: "Attributes for Loki's structured metadata; * for all others that are no labels",
  },
  'external-labels': { type: 'data', describe: 'Labels of all records, a mapping' },
  headers: { type: 'data', describe: 'Headers of all requests, a mapping' },
  'batch-size': {
    type: 'number',
    default: 1_048_576,
    min: 1,
    describe: 'The most bytes of a batch before compression',
  },
  'batch-wait': { type: 'number', default: 1, min: 0, describe: 'Seconds for which a batch waits for more' },
  timeout: { type: 'number', default: 10, min: 0.01, describe: 'Seconds for an answer' },
  'backoff-least': { type: 'number', default: 0.5, min: 0.001, describe: 'Seconds before the first repetition' },
  'backoff-most': { type: 'number', default: 60, min: 0.001, describe: 'The most seconds between two repetitions' },
  'max-retries': {
    type: 'number',
    default: 0,
    min: 0,
    describe: 'Repetitions before records are given up; 0 never does',
  },
  user: { type: 'string', describe: 'User name for basic authorization' },
  'password-file': { type: 'string', describe: 'File with its password, read for each request' },
  'token-file': { type: 'string', describe: 'File with a bearer token, read for each request' },
  'ca-file': { type: 'string', describe: 'File with the authority that signed the certificate of the destination' },
  'cert-file': { type: 'string', describe: 'File with the own certificate' },
  'key-file': { type: 'string', describe: 'File with its key' },
  insecure: { type: 'boolean', default: false, describe: 'Trusts any certificate' },
  proxy: {
    type: 'string',
    check: checkUrl,
    describe: 'HTTP proxy; without it HTTP_PROXY, HTTPS_PROXY and NO_PROXY tell',
  },
  grace: { type: 'number', default: 25, min: 0, describe: 'Seconds for the rest when the program is asked to end' },
  'refusal-limit': {
    type: 'number',
    default: 60,
    min: 0,
    describe: 'Seconds of refusal after which ship is not ready',
  },
  'status-address': {
    type: 'string',
    default: ':8080',
    check: (value) =>
      value === 'off' || parseAddress(String(value)) ? undefined : 'has to be HOST:PORT, :PORT or off',
    describe: 'Where health and metrics are served, HOST:PORT; off serves nothing',
  },
  'log-level': {
    type: 'string',
    default: 'info',
    choices: ['error', 'warn', 'info', 'debug'],
    spellings: { fatal: 'error', warning: 'warn', trace: 'debug' },
    variables: ['LOG_LEVEL'],
    describe: 'How much is logged',
  },
  'node-name': { type: 'string', variables: ['NODE_NAME'], describe: 'Name of the node' },
  'own-pod-name': { type: 'string', variables: ['POD_NAME'], describe: 'The own pod, whose logs are left out' },
  'own-namespace': { type: 'string', variables: ['POD_NAMESPACE'], describe: 'Its namespace' },
} as const satisfies OptionTable;

export type ShipValues = Values<typeof shipOptions>;
