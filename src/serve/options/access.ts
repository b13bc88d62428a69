import type { OptionTable } from '../../config/option.ts';

const tokens = (who: string) =>
  ({
    type: 'string',
    describe: `File with the bearer tokens of ${who}, one a line; without it there are none`,
  }) as const;
const users = (who: string) =>
  ({ type: 'string', describe: `File with user:password of ${who}, one a line, for basic authorization` }) as const;

/** Who may ask, and through what. All files are read again when they change. */
export const accessOptions = {
  'write-tokens': tokens('those who write'),
  'write-users': users('those who write'),
  'read-tokens': tokens('those who read'),
  'read-users': users('those who read'),
  'probe-tokens': tokens('probes and of what reads metrics'),
  'probe-users': users('probes and of what reads metrics'),
  'tls-cert-file': { type: 'string', describe: 'File with the certificate, PEM; with it nothing but HTTPS is served' },
  'tls-key-file': { type: 'string', describe: 'File with its key' },
  'tls-client-ca-file': {
    type: 'string',
    describe: 'File with the authority of those who may connect: without a certificate of it nobody can',
  },
} as const satisfies OptionTable;
