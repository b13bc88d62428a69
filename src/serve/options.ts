import type { OptionTable, Values } from '../config/option.ts';

/** The options of `serve`. */
export const serveOptions = {
  store: { type: 'string', default: 'sqlite', choices: ['sqlite'], describe: 'What keeps the logs' },
  'data-path': { type: 'string', default: 'data', describe: 'Directory of the database' },
  'bind-address': { type: 'string', default: '0.0.0.0', variables: ['IP'], describe: 'Address to listen at' },
  port: { type: 'number', default: 8080, min: 0, max: 65_535, variables: ['PORT'], describe: 'Port to listen at' },
  'invalid-entries': {
    type: 'string',
    default: 'reject',
    choices: ['reject', 'skip'],
    describe: 'Whether one entry that can not be stored refuses its whole request',
  },
  'tag-header': {
    type: 'string',
    default: 'fluent-tag',
    describe: "Header with the tag of the entries (Fluent Bit's header_tag), for those that tell no pod; with skip",
  },
  'body-limit': {
    type: 'number',
    default: 16_777_216,
    min: 1024,
    max: 268_435_456,
    describe: 'The most bytes of a request, before and after decompression',
  },
  'entries-limit': { type: 'number', default: 100_000, min: 1, describe: 'The most entries of a request' },
  'line-limit': {
    type: 'number',
    default: 1_048_576,
    min: 1,
    describe: 'The most bytes of the text of an entry; with --invalid-entries skip a longer one is cut',
  },
  'tenant-label': { type: 'string', describe: 'Label that gets what X-Scope-OrgID tells; without it that is ignored' },
  'request-timeout': {
    type: 'number',
    default: 60,
    min: 0.01,
    describe: 'Seconds for a request to come in and to be worked on, and for its client to take a piece of the answer',
  },
  'write-queue': { type: 'number', default: 100_000, min: 1, describe: 'The most entries that wait to be written' },
  'query-limit': { type: 'number', default: 5000, min: 1, describe: 'The most lines of an answer' },
  'query-range': { type: 'number', default: 0, min: 0, describe: 'The most seconds that a query may span; 0 for any' },
  grace: { type: 'number', default: 10, min: 0, describe: 'Seconds for requests in flight at the end' },
  'log-level': {
    type: 'string',
    default: 'info',
    choices: ['error', 'warn', 'info', 'debug'],
    spellings: { '0': 'error', '1': 'warn', '2': 'info', '3': 'debug', '4': 'debug', trace: 'debug' },
    describe: 'How much is logged; 0 to 4 are error to trace',
  },
} as const satisfies OptionTable;

export type ServeValues = Values<typeof serveOptions>;
