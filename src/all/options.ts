import type { OptionTable, Values } from '../config/option.ts';
import { parseAddress } from '../system/status.ts';

const checkAddress = (value: unknown) =>
  value === 'off' || parseAddress(String(value)) ? undefined : 'has to be HOST:PORT, :PORT or off';

/** The options of `all`; what else the three roles take comes by their variables. */
export const allOptions = {
  'data-path': { type: 'string', default: 'data', describe: 'Directory for the store, the targets and the offsets' },
  'bind-address': { type: 'string', default: '127.0.0.1', describe: 'Address at which serve listens' },
  port: { type: 'number', default: 8080, min: 1, max: 65_535, describe: 'Port of serve: the page and the API' },
  'watch-status-address': {
    type: 'string',
    default: '127.0.0.1:8081',
    check: checkAddress,
    describe: 'Where health and metrics of watch are served, HOST:PORT; off serves nothing',
  },
  'ship-status-address': {
    type: 'string',
    default: '127.0.0.1:8082',
    check: checkAddress,
    describe: 'Where health and metrics of ship are served, HOST:PORT; off serves nothing',
  },
} as const satisfies OptionTable;

export type AllValues = Values<typeof allOptions>;
