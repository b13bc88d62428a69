import type { Node } from '../agent/target.ts';
import type { Pod, PodSource } from '../kubernetes/pod.ts';
import type { Scan } from '../logs/container.ts';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import { filter, kept, type Rules, type Verdict } from './filter.ts';
import { reconcile, type Result, type Running } from './reconcile.ts';
import { looksUnmounted, missed, nextDeadline, resolve, type Seen } from './resolve.ts';
import type { Snapshot } from './snapshot.ts';

/** What can change between two passes by the operator's will. */
export interface Settings {
  rules: Rules;
  node: Node;
  /** Milliseconds. */
  linger: number;
  seenByShipper(path: string): string;
  running: readonly Running[];
}

export interface World {
  scan(): Promise<Scan>;
  pods: Pick<PodSource, 'synced' | 'all'>;
  settings(): Settings;
  /** What an earlier process knew; stands in until the pods are synced. */
  snapshot?: Snapshot;
  saveSnapshot?(snapshot: Snapshot): Promise<void>;
  /** For how many milliseconds a container may wait for a reason before a pass is due for that alone. */
  waits: { 'container-id-unknown': number; 'pod-unknown'?: number };
  now(): number;
  log: Log;
  metrics: Metrics;
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
  /** One pass: scan, resolve, filter, and for each agent render, plan, apply. `full` looks at all outputs on disk. */
  pass(full: boolean): Promise<void>;
}

/** The watcher's pass, with what it has to remember from one to the next. */
export function createPasses(world: World): Passes {
  const { pods, snapshot, waits, log, metrics, now } = world;
  let seen = new Map<string, Seen>(snapshot?.seen.map((one) => [one.key, one]));
  let saved = '';
  let state: State = { verdicts: [], results: new Map(), applied: false, nextDeadline: Number.POSITIVE_INFINITY };
  const configured = new Map<string, Set<string>>();

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
    const next = resolve(input);
    for (const lost of missed(seen, next)) metrics.missed.inc({ reason: lost.pending?.reason ?? 'pod-unknown' });
    seen = next;
    const verdicts = filter(seen.values(), scan.incomplete, settings.rules);
    logChanges(state.verdicts, verdicts, log);
    state = {
      ...state,
      verdicts,
      scanError: undefined,
      nextDeadline: nextDeadline(seen.values(), { ...input, waits }),
    };
    return verdicts;
  };

  const save = async () => {
    if (!world.saveSnapshot || !pods.synced) return;
    const next: Snapshot = { savedAt: now(), pods: pods.all(), seen: [...seen.values()].filter((one) => one.target) };
    const content = JSON.stringify([next.pods, next.seen]);
    if (content === saved) return;
    await world.saveSnapshot(next);
    saved = content;
  };

  return {
    get state() {
      return state;
    },
    async pass(full) {
      const end = metrics.passSeconds.startTimer();
      const settings = world.settings();
      const verdicts = await look(settings);
      if (!verdicts) return;
      count(verdicts, metrics);
      if (!pods.synced && !snapshot) return;
      await save();
      const { node, seenByShipper, running } = settings;
      const wish = { targets: kept(verdicts), node, seenByShipper, full };
      const results = new Map<string, Result>();
      await Promise.all(
        running.map(async (one) => {
          const { name } = one.agent;
          const result = await reconcile(one, wish);
          results.set(name, result);
          logResult(name, state.results.get(name), result, log);
          measure(name, result, metrics);
          if (result.errors.length > 0) return;
          observeLatency(configured, name, verdicts, state.applied, now(), metrics);
        }),
      );
      state = { ...state, results, applied: true };
      metrics.passes.inc({ result: [...results.values()].some(({ errors }) => errors.length > 0) ? 'failed' : 'ok' });
      end();
    },
  };
}

function count(verdicts: readonly Verdict[], { containers, decisions }: Metrics): void {
  containers.reset();
  decisions.reset();
  for (const { state, reason } of verdicts) {
    containers.inc({ state });
    decisions.inc({ reason });
  }
}

function measure(agent: string, result: Result, metrics: Metrics): void {
  const failed = result.errors.length > 0;
  if (failed || result.changes > 0) metrics.apply.inc({ agent, result: failed ? 'failed' : 'ok' });
  if (result.changes > 0) metrics.generation.inc({ agent });
  metrics.agentUp.set({ agent }, failed ? 0 : 1);
  metrics.quarantined.set({ agent }, result.quarantined.size);
  metrics.reports.set({ agent }, [...result.reports.values()].flat().length);
  metrics.outputs.set({ agent }, result.outputs);
}

/** Counts each container once per agent; those that the first pass finds were there before and tell nothing. */
function observeLatency(
  configured: Map<string, Set<string>>,
  agent: string,
  verdicts: readonly Verdict[],
  measured: boolean,
  now: number,
  { latency }: Metrics,
): void {
  const before = configured.get(agent) ?? new Set();
  const after = new Set<string>();
  for (const { key, state, firstSeen } of verdicts) {
    if (state !== 'kept') continue;
    after.add(key);
    if (measured && !before.has(key) && firstSeen !== undefined) latency.observe({ agent }, (now - firstSeen) / 1000);
  }
  configured.set(agent, after);
}

/** Each decision once, when it changes; what passes by itself within moments only on `debug`. */
function logChanges(before: readonly Verdict[], after: readonly Verdict[], log: Log): void {
  const decided = new Map(before.map((verdict) => [verdict.key, verdict]));
  for (const verdict of after) {
    const old = decided.get(verdict.key);
    decided.delete(verdict.key);
    if (old?.reason === verdict.reason && (old.goneSince === undefined) === (verdict.goneSince === undefined)) continue;
    const level = verdict.state === 'pending' || verdict.reason === 'pause-container' ? 'debug' : 'info';
    const what =
      verdict.goneSince === undefined ? `container ${verdict.state}` : 'container gone; its configuration lingers';
    log[level](what, describe(verdict));
  }
  for (const old of decided.values()) {
    if (old.state === 'kept') log.info('container removed', describe(old));
  }
}

function describe({ reason, detail, container }: Verdict) {
  const { pod, name, restart, id } = container;
  return {
    reason,
    detail: detail || undefined,
    namespace: pod?.namespace,
    pod: pod?.name,
    container: name,
    restart,
    id,
  };
}

function logResult(agent: string, before: Result | undefined, { changes, ...result }: Result, log: Log): void {
  if (result.damaged) {
    log.error('the inventory could not be read and is begun anew; what is left of earlier runs stays on disk', {
      agent,
      error: result.damaged,
    });
  }
  for (const error of result.errors) {
    if (!before?.errors.includes(error)) log.error('agent failed; its last good files stay', { agent, error });
  }
  const known = new Map([...(before?.reports ?? [])].map(([target, problems]) => [target.id, problems.join()]));
  for (const [target, problems] of result.reports) {
    if (known.get(target.id) === problems.join()) continue;
    for (const problem of problems) log.warn('annotation ignored', { agent, problem, ...place(target) });
  }
  const quarantined = new Set([...(before?.quarantined ?? [])].map(([target, error]) => target.id + error));
  for (const [target, error] of result.quarantined) {
    if (quarantined.has(target.id + error)) continue;
    log.error('target quarantined; its last good state stays', { agent, error, ...place(target) });
  }
  if (changes > 0) log.info('agent applied', { agent, changes, outputs: result.outputs });
  else if (before && before.errors.length > 0 && result.errors.length === 0) log.info('agent is well again', { agent });
}

function place({ pod, container }: Result['reports'] extends Map<infer T, unknown> ? T : never) {
  return { namespace: pod.namespace, pod: pod.name, container: container.name };
}
