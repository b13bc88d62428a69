import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Process } from '../config/command.ts';
import type { Log } from '../system/log.ts';
import { mask } from '../system/secrets.ts';
import { createAccount } from './account.ts';
import { createBells } from './bell.ts';
import { openCheckpoint } from './checkpoint.ts';
import { discover, type Found, type Wanted } from './discover/discover.ts';
import type { ShipMetrics } from './metrics.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { sinks } from './settings/destinations.ts';
import type { ShipSettings } from './settings.ts';

/** All destinations and what they follow. */
export interface Ship {
  state(): { scanned: boolean; problems: readonly string[]; destinations: DestinationState[] };
  /** Brings the metrics up to date. */
  measure(): void;
  /** Runs until the abort, and then until all is sent or the grace is over; tells when what is there is followed. */
  run(signal: AbortSignal, onFollowed: () => void): Promise<void>;
}

export interface DestinationState {
  name: string;
  /** Milliseconds for which it has refused or not answered. */
  failing: number;
  detail: string;
  pipeline: ReturnType<Pipeline['state']>;
}

/** What `--paths` and `--targets` find; the own output is left out by its inode's name too. */
export function wantedOf({ core }: ShipSettings): Wanted {
  const own = [1, 2].flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return [];
    }
  });
  return {
    paths: core.paths,
    exclude: core.exclude,
    excludeNamespaces: core['exclude-namespaces'],
    targets: core.targets,
    eachPath: core['each-path'],
    own: { pod: core['own-pod-name'], namespace: core['own-namespace'], files: own },
  };
}

export async function createShip(
  settings: ShipSettings,
  { stdout, stderr, env, version }: Process,
  log: Log,
  metrics: ShipMetrics,
): Promise<Ship> {
  const { core } = settings;
  const wanted = wantedOf(settings);
  // As Loggy tells it.
  const complain = core.preset === 'loggy' ? (text: string) => void stderr.write(mask(`ERROR: ${text}\n`)) : undefined;
  const parts = await Promise.all(
    settings.destinations.map(async (destination) => {
      const account = createAccount(destination, metrics, log, complain);
      const pipeline = createPipeline({
        name: destination.name,
        sink: sinks[destination.sink].open(destination, { report: account.report, stdout, env, version }),
        checkpoint: await openCheckpoint(core['state-path'], `offsets-${destination.name}`, log),
        batchWait: destination.batchWait,
        limits: { maxLine: core['max-line'], overlong: core.overlong as 'split' | 'truncate', raw: core.raw },
        start: core.from as 'beginning' | 'end',
        interval: core.interval * 1000,
        linger: core.linger * 1000,
        patience: core['partial-wait'] * 1000,
        gone: { wait: core['gone-wait'] * 1000, most: core['gone-files'] },
        polling: core.polling,
        forgetful: core['state-path'] === undefined,
        log,
        counts: account.counts,
        on: account.on,
      });
      return { destination, account, pipeline };
    }),
  );

  let found: Found = { sources: new Map(), directories: new Set(), problems: [] };
  let scannedAt: number | undefined;
  let told = '';
  let again: number[] = [];
  let wake: (() => void) | undefined;
  const bells = createBells(
    () => {
      // Directories are made one in the other; a look or two later all is there.
      again = [20, 250, 1000];
      wake?.();
    },
    log,
    core.polling,
  );

  const scan = () => {
    const started = Date.now();
    found = discover(wanted);
    const start = core['multiline-start'];
    const problems = found.problems.join('\n');
    if (problems !== told) {
      told = problems;
      if (complain) found.problems.forEach(complain);
      else if (problems) log.warn('not all of what is wanted can be looked at', { problems: found.problems });
    }
    for (const source of found.sources.values())
      if (start !== undefined) source.multiline ??= { start: new RegExp(start), lines: 500 };
    // What was put aside since the last look is part of a new log.
    for (const { pipeline } of parts) pipeline.update(found, scannedAt === undefined ? undefined : scannedAt - 1000);
    scannedAt = started;
    if (bells.follow(found.directories).size > 0 && again.length === 0) again = [20];
  };

  /** True if all could be looked at; a look that fails is repeated. */
  const look = () => {
    try {
      scan();
      return true;
    } catch (error) {
      if (told !== String(error)) log.error('the look for files has failed', { error });
      told = String(error);
      return false;
    }
  };

  const measure = () => {
    for (const { destination, pipeline, account } of parts) {
      const { files, open, lag, behind, problems } = pipeline.state();
      const to = { destination: destination.name };
      account.publish();
      metrics.files.set(to, files);
      metrics.open.set(to, open);
      metrics.lagBytes.set(to, lag);
      metrics.lagSeconds.set(to, behind / 1000);
      metrics.problems.set(to, problems.length);
    }
  };

  return {
    state: () => ({
      scanned: scannedAt !== undefined,
      problems: found.problems,
      destinations: parts.map(({ destination: { name }, account, pipeline }) => ({
        name,
        ...account.failing(),
        pipeline: pipeline.state(),
      })),
    }),
    measure,
    async run(signal, onFollowed) {
      for (let followed = false; !signal.aborted;) {
        if (look() && !followed) {
          followed = true;
          onFollowed();
        }
        const wait = again.shift() ?? core.interval * 1000;
        const woken = new AbortController();
        wake = () => woken.abort();
        await sleep(wait, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => undefined);
        if (woken.signal.aborted && !signal.aborted) await sleep(again.shift() ?? 20);
      }
      bells.close();
      const grace = AbortSignal.timeout(core.grace * 1000);
      await Promise.all(parts.map(({ pipeline }) => pipeline.finish(grace)));
      measure();
      for (const { pipeline } of parts)
        if (grace.aborted) log.warn('the grace was over before all was sent', { destination: pipeline.name });
    },
  };
}
