import type { OptionTable, Values } from '../config/option.ts';
import { accessOptions } from './options/access.ts';
import { cassandraOptions } from './options/cassandra.ts';
import { parseDuration } from './query/duration.ts';
import { limitOptions } from './options/limits.ts';

/** The options of `serve`. */
export const serveOptions = {
  config: { type: 'string', describe: 'Configuration file, YAML or JSON, with these options' },
  store: { type: 'string', default: 'sqlite', choices: ['sqlite', 'cassandra'], describe: 'What keeps the logs' },
  'data-path': { type: 'string', default: 'data', describe: 'Directory of the database, for SQLite' },
  retention: {
    type: 'string',
    check: (value) => (parseDuration(String(value)) ? undefined : 'has to be a time, as 30d or 12h'),
    describe: 'How long entries are kept, by their time, as 30d or 12h; for ever without it',
  },
  'max-bytes': {
    type: 'number',
    min: 1_048_576,
    describe: 'The most bytes that entries may take on the disk, for SQLite; the oldest give way',
  },
  ...cassandraOptions,
  'bind-address': { type: 'string', default: '0.0.0.0', variables: ['IP'], describe: 'Address to listen at' },
  port: { type: 'number', default: 8080, min: 0, max: 65_535, variables: ['PORT'], describe: 'Port to listen at' },
  ...accessOptions,
  'invalid-entries': {
    type: 'string',
    default: 'reject',
    choices: ['reject', 'skip'],
    describe: 'Whether one entry that can not be stored refuses its whole request, or what can be stored is',
  },
  'tag-header': {
    type: 'string',
    default: 'fluent-tag',
    describe: "Header with the tag of the entries (Fluent Bit's header_tag), for those that tell no pod; with skip",
  },
  'tenant-label': {
    type: 'string',
    check: (value) => (/^[a-zA-Z_]\w*$/.test(String(value)) ? undefined : 'has to be the name of a label'),
    describe: 'Label that gets what X-Scope-OrgID tells; without it that is ignored',
  },
  ...limitOptions,
  grace: { type: 'number', default: 10, min: 0, describe: 'Seconds for requests in flight at the end' },
  'access-log': { type: 'boolean', default: false, describe: 'Logs each request but those of probes' },
  'enable-profiling': {
    type: 'boolean',
    default: false,
    variables: ['ENABLE_PROFILING'],
    describe: 'Profiles of the program at /debug/pprof/',
  },
  'log-level': {
    type: 'string',
    default: 'info',
    choices: ['error', 'warn', 'info', 'debug'],
    spellings: { '0': 'error', '1': 'warn', '2': 'info', '3': 'debug', '4': 'debug', trace: 'debug' },
    describe: 'How much is logged; 0 to 4 are error to trace',
  },
} as const satisfies OptionTable;

export type ServeValues = Values<typeof serveOptions>;
