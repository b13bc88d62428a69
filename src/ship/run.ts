import node from 'node:process';
import type { Process } from '../config/command.ts';
import { createLog, type Level } from '../system/log.ts';
import { mask } from '../system/secrets.ts';
import { serveStatus } from '../system/status.ts';
import { discover } from './discover/discover.ts';
import { shipEndpoints } from './endpoints.ts';
import { createShipMetrics } from './metrics.ts';
import type { ShipSettings } from './settings.ts';
import { createShip, wantedOf } from './ship.ts';

/** `ship`: runs until it is told to end; a second signal ends it at once. Tells when what is there is followed. */
export async function runShip(settings: ShipSettings, process: Process, onFollowed?: () => void): Promise<number> {
  const { core, warnings, destinations } = settings;
  const log = createLog(core['log-level'] as Level, process.stderr);
  for (const warning of warnings) log.warn('something in the configuration is doubtful', { warning });
  const metrics = createShipMetrics();
  metrics.buildInfo.set({ version: process.version }, 1);
  const ship = await createShip(settings, process, log, metrics);
  const address = core['status-address'];
  const limit = core['refusal-limit'] * 1000;
  const status =
    address === 'off'
      ? undefined
      : await serveStatus(address, shipEndpoints(ship, metrics, limit)).catch(async (error: unknown) => {
          // What is open would keep the process alive.
          await ship.run(AbortSignal.abort(error), () => undefined);
          throw error;
        });
  process.stdout.once('error', (error: Error) => {
    // Nobody reads there any more, and nobody will.
    log.error('stdout is closed', { error });
    node.exit(1);
  });
  const names = destinations.map(({ name }) => name);
  if (core['state-path'] === undefined)
    log.warn('without --state-path each start is the first: what is unread at the end is lost or comes twice');
  process.signal.addEventListener('abort', () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) node.once(signal, () => node.exit(1));
  });
  await ship.run(process.signal, () => {
    // What is there is followed from here on; who waits for this line may write.
    log.info('started', { version: process.version, destinations: names, port: status?.port });
    if (core.preset === 'loggy') process.stderr.write('Online\n');
    onFollowed?.();
  });
  await status?.close();
  log.info('ended', { signal: process.signal.reason });
  return 0;
}

/** `ship --check`: the configuration in force, secrets masked, and what would be followed. */
export function checkShip(settings: ShipSettings, { stdout }: Process): number {
  const found = discover(wantedOf(settings));
  const files = [...found.sources].map(([file, { path, attributes }]) => ({ path, file, attributes }));
  const hidden = (key: string, value: unknown) => (['password', 'token', 'secret'].includes(key) ? '***' : value);
  const report = { ...settings, files, problems: found.problems };
  stdout.write(mask(`${JSON.stringify(report, hidden, 2)}\n`));
  return found.problems.length > 0 ? 1 : 0;
}
