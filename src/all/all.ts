import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Process } from '../config/command.ts';
import { ConfigError } from '../config/error.ts';
import serve from '../serve/commands/serve.ts';
import ship from '../ship/commands/ship.ts';
import watch from '../watch/commands/watch.ts';
import type { AllValues } from './options.ts';

/** What the watcher tells of a target and people search by: our own store takes more labels than a Loki should be given. */
const labels =
  'namespace,pod,container,stream,node,application,component,version,environment,release,owner_kind,owner_name,image';

/**
 * The three roles in one process, for a single node: watch writes targets, ship follows them and pushes to serve. They
 * meet at files and at HTTP as they do elsewhere. When one ends, so do the others, and serve last: what ship has read by
 * then is kept. Throws one `ConfigError` with the problems of all.
 */
export async function runAll(values: AllValues, process: Process): Promise<number> {
  const data = resolve(values['data-path']);
  const at = (name: string) => join(data, name);
  for (const name of ['store', 'targets', 'state', 'offsets']) await mkdir(at(name), { recursive: true });
  const { env } = process;
  const feeders = new AbortController();
  const last = new AbortController();
  const end = () => feeders.abort(process.signal.reason);
  process.signal.addEventListener('abort', end);
  if (process.signal.aborted) end();

  const role = (word: string, flags: Readonly<Record<string, string>>, signal: AbortSignal): Process => ({
    ...process,
    // The config file is the watcher's; the others would take its keys for their own.
    env: word === 'watch' ? env : { ...env, WATCHER_CONFIG: undefined },
    argv: [word, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    signal,
  });
  const address = { 'bind-address': values['bind-address'], port: String(values.port) };
  const keeping = serve.run(role('serve', { ...address, 'data-path': at('store') }, last.signal));
  const watching = watch.run(
    role(
      'watch',
      {
        agents: [...(env['WATCHER_AGENTS'] ?? '').split(',').filter(Boolean), 'ship'].join(','),
        'ship-dest-path': at('targets'),
        'state-path': at('state'),
        'status-address': values['watch-status-address'],
        // One who tries it on a node wants to see something.
        ...(env['WATCHER_STRICT_LABELS'] === undefined && { 'strict-labels': '' }),
      },
      feeders.signal,
    ),
    { once: false },
  );
  const host = /^(0\.0\.0\.0|::)?$/.test(values['bind-address']) ? '127.0.0.1' : values['bind-address'];
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${values.port}/loki/api/v1/push`;
  const flags = {
    targets: at('targets'),
    'state-path': at('offsets'),
    sink: 'loki',
    url,
    ...(env['WATCHER_LABELS'] === undefined && { labels }),
  };
  const shipping = ship.run(
    role('ship', { ...flags, 'status-address': values['ship-status-address'] }, feeders.signal),
    { check: false },
  );

  for (const one of [keeping, watching, shipping]) one.then(end, end);
  const fed = await Promise.allSettled([watching, shipping]);
  last.abort(process.signal.reason);
  return outcomeOf([...(await Promise.allSettled([keeping])), ...fed]);
}

/** The first exit code that isn't 0; throws what was thrown, problems of the configuration all together. */
function outcomeOf(ends: readonly PromiseSettledResult<number>[]): number {
  const errors = ends.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const wrong = errors.filter((error) => error instanceof ConfigError);
  if (wrong.length > 0) throw new ConfigError([...new Set(wrong.flatMap(({ problems }) => problems))]);
  if (errors.length > 0) throw errors[0];
  return ends.map((one) => (one.status === 'fulfilled' ? one.value : 0)).find((code) => code !== 0) ?? 0;
}
