import { mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Process } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import type { Inside } from '../../serve/inside.ts';
import type { ServeValues } from '../../serve/options.ts';
import { quoteGlob } from '../../ship/discover/glob.ts';
import { shipSettings, type ShipSettings } from '../../ship/settings.ts';
import { rootOf, type CollectValues } from './options.ts';

const forOthers = ['WATCHER_CONFIG', 'CONFIG_PATH', 'WATCHER_PROXY', 'HTTP_PROXY', 'http_proxy'];

/** Without what is meant for others: serve's config file, and proxies, behind which is no one of this process. */
export const ownPart = (env: Process['env']): Process['env'] => ({
  ...env,
  ...Object.fromEntries(forOthers.map((name) => [name, undefined])),
});

/** What ship is told; where it pushes to is known only once there is a door. `data` is the collector's own directory. */
export function shippingOf(values: ServeValues & CollectValues, data: string, env: Process['env']): ShipSettings {
  const special =
    values['log-collector'] === 'Kubernetes' ? kubernetesFlags(targetsIn(data), env) : directoryFlags(env);
  const flags = {
    // Both are known better later.
    paths: '.',
    url: 'http://127.0.0.1/',
    sink: 'loki',
    'state-path': join(data, 'offsets'),
    'status-address': 'off',
    'log-level': values['log-level'],
    ...(env['WATCHER_METADATA'] === undefined && { metadata: '' }),
    ...(env['WATCHER_BATCH_WAIT'] === undefined && { 'batch-wait': '0.1' }),
    ...special,
  };
  const argv = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return within(shipSettings({ argv, env }, []), values, data);
}

/** The file of targets: the labels of the pods. */
export const targetsIn = (data: string) => join(data, 'targets.json');

/** A line is told by its path alone, and taken as it stands; of files that are there at the first start by what comes. */
const directoryFlags = (env: Process['env']) => ({
  'each-path': 'true',
  from: 'end',
  ...(env['WATCHER_RAW'] === undefined && { raw: 'true' }),
  ...(env['WATCHER_LABELS'] === undefined && { labels: 'path' }),
});

/** What the names of files tell, and all that the targets add. The labels of a pod come last, so that none is in the way. */
const kubernetesFlags = (targets: string, env: Process['env']) => ({
  targets,
  'label-limit': '64',
  // A new log's labels are asked for while its first lines wait.
  ...(env['WATCHER_BATCH_WAIT'] === undefined && { 'batch-wait': '0.5' }),
  ...(env['WATCHER_LABELS'] === undefined && {
    labels: 'namespace,pod,container,container_id,pod_uid,stream,node,path,*',
  }),
});

/** Follows what is below the root, whatever signs are in its name, but for the own data, which may lie there. */
function within({ core, ...settings }: ShipSettings, values: ServeValues & CollectValues, data: string): ShipSettings {
  // What an address can have: `./a.log` can't be asked for.
  const root = `${rootOf(values)}/`.replace(/^(\.\/+)+/, '').replace(/\/+$/, '/');
  mkdirSync(data, { recursive: true });
  const store = realpathSync(values['data-path']);
  const place = realpathSync(rootOf(values));
  if (place === store)
    throw new ConfigError([
      '`--root-path` (ROOT_PATH) is the same directory as `--data-path`, where the store writes.',
    ]);
  const own = place.startsWith(`${store}/`) ? [resolve(data)] : [resolve(values['data-path']), store];
  const pattern = values['log-collector'] === 'Directory' ? '**/*' : '*.log';
  return {
    ...settings,
    core: {
      ...core,
      paths: [`${quoteGlob(root)}${pattern}`],
      exclude: [...core.exclude, ...own.map((path) => `${quoteGlob(path)}/**`)],
    },
  };
}

/** The same, to a door of the same process. */
export function pushingTo({ url, headers }: Inside, settings: ShipSettings): ShipSettings {
  const destinations = settings.destinations.map((one) => {
    const { timeout } = one.connection;
    return { ...one, connection: { url, headers, timeout } };
  });
  return { ...settings, destinations };
}
