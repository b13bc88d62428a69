import { hash } from 'node:crypto';
import type { Node } from '../agent/target.ts';
import type { Metadata } from '../kubernetes/metadata.ts';
import type { Pod, PodSource } from '../kubernetes/pod.ts';
import type { Scan } from '../logs/container.ts';
import { createCrew, type Crew, type CrewInput } from './crew.ts';
import { filter, kept, type Rules, type Verdict } from './filter.ts';
import type { HintRules } from './hints.ts';
import type { LabelMap } from './label-map.ts';
import { tellHints } from './hints/tell.ts';
import type { Result } from './reconcile.ts';
import type { Running } from './running.ts';
import { count, logChanges } from './record.ts';
import { knowsNobody, looksUnmounted, missed, nextDeadline, resolve, type Seen } from './resolve.ts';
import type { Snapshot } from './snapshot.ts';
import type { Surroundings } from './surroundings.ts';

/** What can change between two passes by the operator's will. */
export interface Settings {
  rules: Rules;
  /** What annotations may say; nothing unless told. */
  hints?: HintRules;
  /** Where the five names of a target come from; the pod's own labels unless told. */
  labelMap?: LabelMap;
  /** What namespaces give to their pods; undefined where nobody reads them. */
  namespaces?: ReadonlyMap<string, Metadata>;
  node: Node;
  /** Milliseconds. */
  linger: number;
  seenByShipper(path: string): string;
  running: readonly Running[];
}

export interface World extends CrewInput {
  scan(): Promise<Scan>;
  pods: Pick<PodSource, 'synced' | 'all'>;
  settings(): Settings;
  /** What an earlier process knew; stands in until the pods are synced. */
  snapshot?: Snapshot;
  saveSnapshot?(snapshot: Snapshot): Promise<void>;
  /** For how many milliseconds a container may wait for a reason before a pass is due for that alone. */
  waits: { 'container-id-unknown': number; 'pod-unknown'?: number };
  /**
   * How many milliseconds the first apply waits for the pods of containers that are on disk: the API server may answer
   * the first list from a cache that lags behind, and an earlier process may have configured them. As long for the
   * namespaces and the node.
   */
  patience: number;
  surroundings?: Pick<Surroundings, 'awaited' | 'within' | 'remember'>;
}

/** What is so after the last pass. */
export interface State {
  verdicts: readonly Verdict[];
  /** By agent name. */
  results: ReadonlyMap<string, Result>;
  /** Why the last look at the disk failed, or undefined. */
  scanError?: string;
  /** True once a pass has reached the agents. */
  applied: boolean;
  /** Milliseconds until time alone asks for another pass. */
  nextDeadline: number;
}

export interface Passes {
  readonly state: State;
  /**
   * One pass: scan, resolve, filter, and for each agent render, plan, apply. `full` looks at all outputs on disk. An
   * agent that takes long is not waited for.
   */
  pass(full: boolean): Promise<void>;
  readonly crew: Pick<Crew, 'idle' | 'told' | 'stateOf' | 'close'>;
}

/** The watcher's pass, with what it has to remember from one to the next. */
export function createPasses(world: World): Passes {
  const { pods, snapshot, waits, patience, log, metrics, now } = world;
  let seen = new Map<string, Seen>(snapshot?.seen.map((one) => [one.key, one]));
  let saved = '';
  let state: Omit<State, 'results'> = { verdicts: [], applied: false, nextDeadline: Number.POSITIVE_INFINITY };
  const crew = createCrew(world);
  let begun: number | undefined;

  const fail = (scanError: string) => {
    if (state.scanError !== scanError)
      log.error('the look at the disk failed; nothing is changed', { error: scanError });
    state = { ...state, scanError };
    metrics.passes.inc({ result: 'scan-failed' });
  };

  const look = async (settings: Settings): Promise<Verdict[] | undefined> => {
    let scan: Scan;
    try {
      scan = await world.scan();
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
      return undefined;
    }
    const known: readonly Pod[] = pods.synced ? pods.all() : (snapshot?.pods ?? []);
    const input = {
      ...settings,
      scan,
      pods: known,
      synced: pods.synced,
      seen,
      now: now(),
      idWait: waits['container-id-unknown'],
    };
    if (looksUnmounted(input)) {
      fail('no container is left on disk though pods of this node live: is a directory not mounted?');
      return undefined;
    }
    if (knowsNobody(input)) {
      fail('containers are on disk, but no pod of this node is known: is --node-name right?');
      return undefined;
    }
    const next = resolve(input);
    for (const lost of missed(seen, next)) metrics.missed.inc({ reason: lost.pending?.reason ?? 'pod-unknown' });
    seen = next;
    const verdicts = filter(seen.values(), scan.incomplete, settings.rules);
    logChanges(state.verdicts, verdicts, log);
    tellHints(state.verdicts, verdicts, log, metrics);
    state = {
      ...state,
      verdicts,
      scanError: undefined,
      nextDeadline: nextDeadline(seen.values(), { ...input, waits }),
    };
    return verdicts;
  };

  const save = async (node: string) => {
    if (!world.saveSnapshot || !pods.synced) return;
    const used = new Set(pods.all().map(({ namespace }) => namespace));
    const known = {
      node,
      ...world.surroundings?.remember(used),
      pods: pods.all(),
      seen: [...seen.values()].filter((one) => one.target),
    };
    // The text itself would be a megabyte at 500 containers, held for good.
    const content = hash('sha1', JSON.stringify(known));
    if (content === saved) return;
    await world.saveSnapshot({ savedAt: now(), ...known });
    saved = content;
  };

  /** How much longer the first apply waits for the pod of a container. */
  const waitOf = ({ reason, firstSeen = 0 }: Verdict, now: number) =>
    reason === 'pod-unknown' ? firstSeen + patience - now : 0;

  const pass = async (full: boolean) => {
    const end = metrics.passSeconds.startTimer();
    const settings = world.surroundings?.within(world.settings()) ?? world.settings();
    begun ??= now();
    const verdicts = await look(settings);
    if (!verdicts) return;
    count(verdicts, metrics);
    if (!pods.synced && !snapshot) return;
    if (!state.applied) {
      const forPods = snapshot ? [] : verdicts.map((verdict) => waitOf(verdict, now()));
      const waiting = Math.max(...forPods, world.surroundings?.awaited ? begun + patience - now() : 0, 0);
      if (waiting > 0) {
        state = { ...state, nextDeadline: Math.min(state.nextDeadline, waiting) };
        return;
      }
    }
    const { node, seenByShipper, running } = settings;
    await save(node.name);
    const wish = { targets: kept(verdicts), node, seenByShipper, full };
    const measured = state.applied;
    await crew.work(running, { wish, verdicts, measured });
    state = { ...state, applied: true };
    metrics.passes.inc({
      result: [...crew.results.values()].some(({ errors }) => errors.length > 0) ? 'failed' : 'ok',
    });
    end();
  };

  return {
    get state() {
      return { ...state, results: crew.results };
    },
    crew,
    pass,
  };
}
