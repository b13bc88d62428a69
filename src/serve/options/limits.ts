import type { OptionTable } from '../../config/option.ts';

/** How much one request may ask for, and all of them together. */
export const limitOptions = {
  'body-limit': {
    type: 'number',
    default: 16_777_216,
    min: 1024,
    max: 268_435_456,
    describe: 'The most bytes of a request, before and after decompression',
  },
  'body-memory': {
    type: 'number',
    default: 268_435_456,
    min: 1024,
    describe: 'The most bytes of all requests that are worked on at once; one more is told to come again',
  },
  'entries-limit': { type: 'number', default: 100_000, min: 1, describe: 'The most entries of a request' },
  'line-limit': {
    type: 'number',
    default: 1_048_576,
    min: 1,
    describe: 'The most bytes of the text of an entry; with --invalid-entries skip a longer one is cut',
  },
  'write-queue': { type: 'number', default: 100_000, min: 1, describe: 'The most entries that wait to be written' },
  'query-limit': { type: 'number', default: 5000, min: 1, describe: 'The most lines of an answer' },
  'query-range': {
    type: 'number',
    default: 0,
    min: 0,
    check: (value) => (Number.isInteger(value) ? undefined : 'has to be a whole number'),
    describe: 'The most seconds that a query may span; 0 for any',
  },
  'concurrent-writes': { type: 'number', default: 256, min: 1, describe: 'The most requests that write at once' },
  'concurrent-reads': { type: 'number', default: 32, min: 1, describe: 'The most requests that read at once' },
  'concurrent-follows': { type: 'number', default: 100, min: 1, describe: 'The most clients that follow at once' },
  'connections-limit': { type: 'number', default: 4096, min: 1, describe: 'The most connections; more are closed' },
  'request-timeout': {
    type: 'number',
    default: 60,
    min: 0.01,
    max: 86_400,
    describe: 'Seconds for a request to come in and to be worked on, and for its client to take a piece of the answer',
  },
} as const satisfies OptionTable;
