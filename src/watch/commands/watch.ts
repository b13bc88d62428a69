import type { Command, Process } from '../../config/command.ts';
import type { Config } from '../../config/parse.ts';
import { createConfig, watchConfig } from '../../config/reload.ts';
import { createLog, type Level, type Log } from '../../system/log.ts';
import { createMetrics } from '../../system/metrics.ts';
import { reportErrors } from '../../system/sentry.ts';
import { serveStatus } from '../../system/status.ts';
import { createBell } from '../bell.ts';
import { endpoints } from '../endpoints.ts';
import { watchOnce } from '../once.ts';
import { podsOf } from '../pods.ts';
import { createScan, rootsOf } from '../scan.ts';
import { configure, settingsOf } from '../settings.ts';
import { openSnapshot } from '../snapshot.ts';
import { surroundingsOf, type World } from '../surroundings.ts';
import { createWatch } from '../watch.ts';

/** `kube-log-watcher watch`: keeps the shippers' configuration right until it is told to end. */
export default {
  usage: 'watch',
  summary: "Keeps the shippers' configuration right, until it is told to end",
  isDefault: true,
  flags: (yargs) =>
    yargs.option('once', {
      type: 'boolean',
      default: false,
      describe: 'Does one pass; exit code 0 if every agent was applied',
    }),
  async run(process, { once }) {
    const { loaded, read } = await configure(process, { ignore: ['once'], required: ['agents'] });
    const { core } = read();
    const log = logOf(core, process);
    const metrics = createMetrics();
    metrics.buildInfo.set({ version: process.version }, 1);
    const config = await createConfig({ parse: read, log, metrics });
    let settings = settingsOf(config.current, loaded);

    const roots = rootsOf(core);
    const world = {
      settings: () => settings,
      scan: createScan(roots),
      pods: (onChange: () => void) => podsOf(core, { log, metrics, onChange }),
      log,
      metrics,
    };
    if (once) {
      const surroundings = (onChange: World['onChange']) => surroundingsOf(core, { log, metrics, onChange });
      return (await watchOnce({ ...world, surroundings }, process.signal)) ? 0 : 1;
    }

    const stored = await openSnapshot(core['state-path'], core['node-name'] ?? '', log, metrics);
    const watch = await createWatch({
      ...world,
      bell: (ring) => createBell({ roots, interval: core.interval * 1000, ring, log, metrics }),
      surroundings: (onChange) => surroundingsOf(core, { log, metrics, onChange, remembered: stored.snapshot }),
      ...stored,
    });
    config.onChange((next) => {
      settings = settingsOf(next, loaded, settings);
      watch.ring('settings');
    });
    const files = watchConfig({ paths: () => config.files, onChange: () => config.reload() });
    const address = core['status-address'];
    const status =
      address === 'off' ? undefined : await serveStatus(address, endpoints(watch, watch.settings, metrics));
    log.info('started', {
      version: process.version,
      agents: core.agents,
      ...roots,
      node: core['node-name'],
      port: status?.port,
    });
    await watch.run(process.signal);
    files.close();
    await status?.close();
    log.info('ended', { signal: process.signal.reason });
    return 0;
  },
} satisfies Command<{ once: boolean }>;

function logOf(core: Config['core'], process: Process): Log {
  const log = createLog(core['log-level'] as Level, process.stderr);
  const dsn = core['sentry-dsn'];
  if (!dsn) return log;
  const { 'cluster-alias': alias, 'node-name': node = '', 'cluster-environment': environment } = core;
  const serverName = [alias, node, process.env['HOSTNAME']].filter(Boolean).join(':');
  return reportErrors(log, dsn, { release: process.env['VERSION'] ?? process.version, environment, serverName });
}
