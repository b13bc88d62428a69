import type { Target } from '../agent/target.ts';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import type { Verdict } from './filter.ts';
import type { Result } from './reconcile.ts';

/** Containers by state and by reason. */
export function count(verdicts: readonly Verdict[], { containers, decisions }: Metrics): void {
  containers.reset();
  decisions.reset();
  for (const { state, reason } of verdicts) {
    containers.inc({ state });
    decisions.inc({ reason });
  }
}

/** What an agent's part of a pass came to. */
export function measure(agent: string, result: Result, metrics: Metrics): void {
  const failed = result.errors.length > 0;
  if (failed || result.changes > 0) metrics.apply.inc({ agent, result: failed ? 'failed' : 'ok' });
  if (result.changes > 0) metrics.generation.inc({ agent });
  metrics.agentUp.set({ agent }, failed ? 0 : 1);
  metrics.quarantined.set({ agent }, result.quarantined.size);
  metrics.reports.set({ agent }, [...result.reports.values()].flat().length);
  for (const stage of result.failures) metrics.validationFailures.inc({ agent, stage });
  metrics.outputs.set({ agent }, result.outputs);
}

/** How long it took from a container first seen on disk. Counts each once per agent; those that the first pass finds were there before and tell nothing. */
export function observeLatency(
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
export function logChanges(before: readonly Verdict[], after: readonly Verdict[], log: Log): void {
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

/** What is new in an agent's part of a pass; what was so before is not told again. */
export function logResult(agent: string, before: Result | undefined, { changes, ...result }: Result, log: Log): void {
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
  if (result.checked?.is === 'unavailable' && before?.checked?.is !== 'unavailable') {
    log.warn("the shipper's own check can't be asked; its files are written unchecked", {
      agent,
      error: result.checked.why,
    });
  }
  if (changes > 0) log.info('agent applied', { agent, changes, outputs: result.outputs });
  else if (before && before.errors.length > 0 && result.errors.length === 0) log.info('agent is well again', { agent });
}

function place({ pod, container }: Target) {
  return { namespace: pod.namespace, pod: pod.name, container: container.name };
}
