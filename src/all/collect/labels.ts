import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Process } from '../../config/command.ts';
import { files } from '../../config/files.ts';
import { parseConfig, type Config } from '../../config/parse.ts';
import { createLog, type Level, type Log } from '../../system/log.ts';
import { createMetrics } from '../../system/metrics.ts';
import { hasCode, writeFile } from '../../system/replace.ts';
import { createBells } from '../../ship/bell.ts';
import { discover } from '../../ship/discover/discover.ts';
import type { ShipSettings } from '../../ship/settings.ts';
import { wantedOf } from '../../ship/ship.ts';
import { podsOf } from '../../watch/pods.ts';
import { targetsOf, type Logs, type Targets } from './targets.ts';

export type Core = Config['core'];

/** How the pods are asked for, by the variables of the watcher. */
export function coreOf(env: Process['env']): Core {
  const ours = { ...env, WATCHER_AGENTS: undefined };
  return parseConfig({ argv: [], env: ours, files, agents: [], offline: true }).core;
}

export interface LabelsInput {
  core: Core;
  /** The file of targets: written here, and read again by the next process. */
  targets: string;
  /** What ship follows. */
  settings: ShipSettings;
  level: string;
  /** Called once the labels of all that is there are written. */
  onKnown(): void;
}

/** Keeps the targets right until the abort: what the pods of the logs have for labels. Logs don't wait for it. */
export async function runLabels(input: LabelsInput, { stderr }: Process, signal: AbortSignal): Promise<void> {
  const { core, targets } = input;
  const log = createLog(input.level as Level, stderr);
  mkdirSync(dirname(targets), { recursive: true });
  const wanted = { ...wantedOf(input.settings), targets: undefined };
  let known = await readTargets(targets, log);
  let written: string | undefined;
  let ring = () => {};
  const onChange = () => ring();
  const bells = createBells(onChange, log, input.settings.core.polling);
  const pods = await podsOf(core, { log, metrics: createMetrics(), onChange }).catch((error: unknown) => {
    log.error('the pods can not be asked for; their labels stay unknown', { error });
  });
  const ended = new AbortController();
  const running = pods?.run(AbortSignal.any([signal, ended.signal]));
  try {
    while (!signal.aborted) {
      const woken = new AbortController();
      ring = () => woken.abort();
      const synced = pods?.synced ?? true;
      const { sources, directories, problems } = discover(wanted);
      bells.follow(directories);
      const logs: Logs = new Map([...sources.values()].map(({ path, attributes }) => [resolve(path), attributes]));
      known = targetsOf(logs, pods?.all() ?? [], known, problems.length === 0);
      const text = formatTargets(known);
      if (text !== written) {
        await writeFile(targets, text, 0o600).then(
          () => (written = text),
          (error: unknown) => log.error('the labels of pods can not be written', { path: targets, error }),
        );
      }
      if (synced) input.onKnown();
      const wait = input.settings.core.interval * 1000;
      await sleep(wait, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => undefined);
    }
  } finally {
    bells.close();
    ended.abort();
    await running;
  }
}

function formatTargets(known: Targets): string {
  const targets = [...known].map(([path, attributes]) => ({ path, attributes }));
  return `${JSON.stringify({ targets }, undefined, 1)}\n`;
}

async function readTargets(path: string, log: Log): Promise<Targets> {
  try {
    const read = JSON.parse(await readFile(path, 'utf8')) as { targets: { path: string; attributes: Logs[never] }[] };
    return new Map(read.targets.map(({ path, attributes }) => [path, attributes]));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) log.warn('the labels of an earlier process can not be read', { path, error });
    return new Map();
  }
}
