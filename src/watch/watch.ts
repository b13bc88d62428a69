import { setTimeout as sleep } from 'node:timers/promises';
import type { PodSource } from '../kubernetes/pod.ts';
import type { Scan } from '../logs/container.ts';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import { createLoop, type Loop } from './loop.ts';
import { createPasses, type Passes, type Settings, type State } from './pass.ts';
import { createRest } from './rest.ts';
import type { Snapshot } from './snapshot.ts';
import type { Surroundings, World } from './surroundings.ts';

/** What asks for a pass; it carries no news. */
export interface Bell {
  /** Replaces the set of directories that are looked at more closely, until they are complete. */
  follow(directories: string[]): void;
  close(): Promise<void>;
}

export interface WatchInput {
  settings(): Settings;
  scan(): Promise<Scan>;
  /** Made with what it has to call when its pods have changed. */
  pods(onChange: () => void): Promise<PodSource>;
  /** Made with what it has to call for a pass; `poll` asks for a look at everything. */
  bell(ring: (source: string) => void): Bell;
  /** Made with what it has to call when something has changed there; undefined where nothing of it is asked for. */
  surroundings?(onChange: World['onChange']): Promise<Surroundings | undefined>;
  snapshot?: Snapshot;
  saveSnapshot?(snapshot: Snapshot): Promise<void>;
  log: Log;
  metrics: Metrics;
}

export interface Watch {
  readonly state: State;
  readonly pods: PodSource;
  /** What is read beside the pods. */
  readonly surroundings?: Pick<Surroundings, 'sources'>;
  readonly loop: Pick<Loop, 'runningSince'>;
  readonly crew: Pick<Passes['crew'], 'stateOf'>;
  /** Asks for a pass; `poll`, `settings` and `retry` ask for a look at everything. */
  ring(source: string): void;
  /** As they are now, with what is known of namespaces and node. */
  settings(): Settings;
  /** Runs until the abort, and then until the pass that runs is over. Removes nothing at the end. */
  run(signal: AbortSignal): Promise<void>;
}

/** Rings are gathered for so many milliseconds: the files of a new container come within a few. */
const settle = 20;
/**
 * Milliseconds. The kubelet makes the link that tells a container's id right after its start. A pod that stays unknown
 * means that the list of pods may lack something, so it is read again.
 */
const waits = { 'container-id-unknown': 2000, 'pod-unknown': 30_000 };

/** See {@link World.patience}. */
const patience = 5000;

/** Milliseconds for which an agent that is at work may go on at the end; the kubelet's patience is 30 s, a user's is less. */
const lastWait = 1500;

/** The watcher: pass after pass, as often as a bell rings, and at least every interval. */
export async function createWatch({
  pods: podsWith,
  bell: bellWith,
  surroundings: surroundingsWith,
  ...world
}: WatchInput): Promise<Watch> {
  const { metrics } = world;
  let full = true;
  let failures = 0;
  let bell: Bell | undefined;
  let alarm: NodeJS.Timeout | undefined;
  const asked = new Set<string>();
  const rest = createRest();

  const ring = (source: string) => {
    metrics.bells.inc({ source });
    full ||= source === 'poll' || source === 'settings' || source === 'retry';
    loop.ring();
  };
  const pods = await podsWith(() => ring('pods'));
  const surroundings = await surroundingsWith?.(ring);
  const passes: Passes = createPasses({
    ...world,
    pods,
    surroundings,
    waits,
    patience,
    now: Date.now,
    onLate: () => afterwards(),
  });

  const loop = createLoop(async () => {
    const everything = full;
    full = false;
    await passes.pass(everything);
    afterwards();
  }, settle);

  const afterwards = () => {
    const { state } = passes;
    bell?.follow(unfinished(state));
    relistForUnknown(state);
    // An empty list that isn't believed is read again: no event would correct it.
    if (state.scanError !== undefined && pods.synced && pods.all().length === 0) pods.relist();
    if ([...state.results.values()].some(({ changes }) => changes > 0)) rest.soon();
    const failed = state.scanError !== undefined || [...state.results.values()].some(({ errors }) => errors.length > 0);
    failures = failed ? failures + 1 : 0;
    setAlarm(state.nextDeadline, failed ? Math.min(30_000, 500 * 2 ** failures) : Number.POSITIVE_INFINITY);
  };

  const setAlarm = (deadline: number, retry: number) => {
    clearTimeout(alarm);
    const wait = Math.min(deadline, retry);
    if (!Number.isFinite(wait)) return;
    alarm = setTimeout(() => ring(retry < deadline ? 'retry' : 'deadline'), wait + 1);
  };

  const relistForUnknown = ({ verdicts }: State) => {
    const unknown = verdicts.filter(({ reason }) => reason === 'pod-unknown').map(({ key }) => key);
    for (const key of asked) if (!unknown.includes(key)) asked.delete(key);
    for (const { key, reason, firstSeen = Date.now() } of verdicts) {
      if (reason !== 'pod-unknown' || asked.has(key) || Date.now() - firstSeen < waits['pod-unknown']) continue;
      asked.add(key);
      pods.relist();
    }
  };

  return {
    get state() {
      return passes.state;
    },
    pods,
    surroundings,
    loop,
    crew: passes.crew,
    ring,
    settings: () => surroundings?.within(world.settings()) ?? world.settings(),
    async run(signal) {
      bell = bellWith(ring);
      ring('start');
      await Promise.all([loop.run(signal), pods.run(signal), surroundings?.run(signal)]);
      await Promise.race([passes.crew.idle(), sleep(lastWait, undefined, { ref: false })]);
      await passes.crew.close();
      clearTimeout(alarm);
      rest.close();
      await bell.close();
    },
  };
}

function unfinished({ verdicts }: State): string[] {
  const reasons = new Set(['container-incomplete', 'config-unreadable', 'log-missing']);
  return verdicts.filter(({ reason }) => reasons.has(reason)).map(({ container }) => container.directory);
}
