import { mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Process } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import type { Inside } from '../../serve/inside.ts';
import type { ServeValues } from '../../serve/options.ts';
import { runServe } from '../../serve/run.ts';
import { quoteGlob } from '../../ship/discover/glob.ts';
import { runShip } from '../../ship/run.ts';
import { shipSettings, type ShipSettings } from '../../ship/settings.ts';
import { runTogether, type Role } from '../together.ts';
import { coreOf, runLabels, type Core } from './labels.ts';
import { rootOf, type CollectValues } from './options.ts';

/**
 * `serve --collect`: serve, and ship that brings it what is written below the root; with Kubernetes the labels of pods
 * too. No request is answered before what is there is followed, so that what is written from then on is not missed.
 */
export async function runCollect(values: ServeValues & CollectValues, process: Process): Promise<number> {
  const data = join(values['data-path'], 'collector');
  const env = { ...process.env, ...noneOf };
  const kubernetes = values['log-collector'] === 'Kubernetes';
  const targets = join(data, 'targets.json');
  const flags = kubernetes ? kubernetesFlags(targets, env) : directoryFlags(env);
  const given = { offsets: join(data, 'offsets'), level: values['log-level'], flags };
  const shipping = within(shippingSettings(given, env), values);
  const core = kubernetes ? coreOf(env) : undefined;

  const opened = Promise.withResolvers<Inside | undefined>();
  const begun = Promise.withResolvers<void>();
  const keep: Role = (signal) =>
    runServe(values, { ...process, signal }, (inside) => {
      opened.resolve(inside);
      return begun.promise;
    }).finally(() => opened.resolve(undefined));
  const labelled = Promise.withResolvers<void>();
  const ship: Role = async (signal) => {
    try {
      const inside = await opened.promise;
      // So that the first lines have their labels too, unless nobody tells them.
      if (core) await Promise.race([labelled.promise, sleep(patience, undefined, { signal }).catch(() => undefined)]);
      return inside ? await runShip(pushingTo(inside, shipping), { ...process, env, signal }, begun.resolve) : 0;
    } finally {
      begun.resolve();
    }
  };
  const label =
    (core: Core): Role =>
    async (signal) => {
      const input = { core, targets, settings: shipping, level: values['log-level'], onKnown: labelled.resolve };
      await runLabels(input, process, signal);
      return 0;
    };
  return runTogether(process.signal, keep, core ? [label(core), ship] : [ship]);
}

/** Milliseconds for which the first look waits for the labels of pods. */
const patience = 2000;

/** What is meant for others: serve's config file, and proxies, behind which is no one of this process. */
const noneOf = Object.fromEntries(
  ['WATCHER_CONFIG', 'CONFIG_PATH', 'WATCHER_PROXY', 'HTTP_PROXY', 'http_proxy'].map((name) => [name, undefined]),
);

/** A line is told by its path alone, and taken as it stands; of files that are there at the first start by what comes. */
const directoryFlags = (env: NodeJS.ProcessEnv) => ({
  'each-path': 'true',
  from: 'end',
  ...(env['WATCHER_RAW'] === undefined && { raw: 'true' }),
  ...(env['WATCHER_LABELS'] === undefined && { labels: 'path' }),
});

/** What the names of files tell, and all that the targets add. The labels of a pod come last, so that none is in the way. */
const kubernetesFlags = (targets: string, env: NodeJS.ProcessEnv) => ({
  targets,
  'label-limit': '64',
  // A new log's labels are asked for while its first lines wait.
  ...(env['WATCHER_BATCH_WAIT'] === undefined && { 'batch-wait': '0.5' }),
  ...(env['WATCHER_LABELS'] === undefined && {
    labels: 'namespace,pod,container,container_id,pod_uid,stream,node,path,*',
  }),
});

function shippingSettings(
  { offsets, level, flags }: { offsets: string; level: string; flags: Readonly<Record<string, string>> },
  env: NodeJS.ProcessEnv,
): ShipSettings {
  const all = {
    // Both are known better below.
    paths: '.',
    url: 'http://127.0.0.1/',
    sink: 'loki',
    'state-path': offsets,
    'status-address': 'off',
    'log-level': level,
    ...(env['WATCHER_METADATA'] === undefined && { metadata: '' }),
    ...(env['WATCHER_BATCH_WAIT'] === undefined && { 'batch-wait': '0.1' }),
    ...flags,
  };
  return shipSettings({ argv: Object.entries(all).map(([name, value]) => `--${name}=${value}`), env }, []);
}

/** Follows what is below the root, whatever signs are in its name, but for the own data, which may lie there. */
function within({ core, ...settings }: ShipSettings, values: ServeValues & CollectValues): ShipSettings {
  // What an address can have: `./a.log` can't be asked for.
  const root = `${rootOf(values)}/`.replace(/^(\.\/+)+/, '').replace(/\/+$/, '/');
  const own = join(values['data-path'], 'collector');
  mkdirSync(own, { recursive: true });
  const store = realpathSync(values['data-path']);
  const place = realpathSync(rootOf(values));
  if (place === store)
    throw new ConfigError([
      '`--root-path` (ROOT_PATH) is the same directory as `--data-path`, where the store writes.',
    ]);
  const data = place.startsWith(`${store}/`) ? [resolve(own)] : [resolve(values['data-path']), store];
  const pattern = values['log-collector'] === 'Directory' ? '**/*' : '*.log';
  return {
    ...settings,
    core: {
      ...core,
      paths: [`${quoteGlob(root)}${pattern}`],
      exclude: [...core.exclude, ...data.map((path) => `${quoteGlob(path)}/**`)],
    },
  };
}

function pushingTo({ url, headers }: Inside, settings: ShipSettings): ShipSettings {
  const destinations = settings.destinations.map((one) => {
    const { timeout } = one.connection;
    return { ...one, connection: { url, headers, timeout } };
  });
  return { ...settings, destinations };
}
