import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Process } from '../config/command.ts';
import serve from '../serve/commands/serve.ts';
import ship from '../ship/commands/ship.ts';
import watch from '../watch/commands/watch.ts';
import type { AllValues } from './options.ts';
import { runTogether, type Role } from './together.ts';

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
  const role = (word: string, flags: Readonly<Record<string, string>>, signal: AbortSignal): Process => ({
    ...process,
    // The config file is the watcher's; the others would take its keys for their own.
    env: word === 'watch' ? env : { ...env, WATCHER_CONFIG: undefined },
    argv: [word, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    signal,
  });
  const address = { 'bind-address': values['bind-address'], port: String(values.port) };
  const keep: Role = (signal) => serve.run(role('serve', { ...address, 'data-path': at('store') }, signal));
  const watching = {
    agents: [...(env['WATCHER_AGENTS'] ?? '').split(',').filter(Boolean), 'ship'].join(','),
    'ship-dest-path': at('targets'),
    'state-path': at('state'),
    'status-address': values['watch-status-address'],
    // One who tries it on a node wants to see something.
    ...(env['WATCHER_STRICT_LABELS'] === undefined && { 'strict-labels': '' }),
  };
  const host = /^(0\.0\.0\.0|::)?$/.test(values['bind-address']) ? '127.0.0.1' : values['bind-address'];
  const shipping = {
    targets: at('targets'),
    'state-path': at('offsets'),
    sink: 'loki',
    url: `http://${host.includes(':') ? `[${host}]` : host}:${values.port}/loki/api/v1/push`,
    ...(env['WATCHER_LABELS'] === undefined && { labels }),
    'status-address': values['ship-status-address'],
  };
  return runTogether(process.signal, keep, [
    (signal) => watch.run(role('watch', watching, signal), { once: false }),
    (signal) => ship.run(role('ship', shipping, signal), { check: false }),
  ]);
}
