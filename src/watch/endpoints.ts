import type { Metrics } from '../system/metrics.ts';
import { json, probe, type Check, type Route } from '../system/status.ts';
import { exitCode, explain } from './explanation.ts';
import type { Settings } from './pass.ts';
import type { Watch } from './watch.ts';

/** A pass that takes longer, in milliseconds, hangs; a restart may cure it. */
const stuckAfter = 120_000;
/** An agent that is at its part for longer, in seconds, is not ready; the others go on. */
const hangsAfter = 30;

/** What the watcher answers on its status address. */
export function endpoints(watch: Watch, settings: () => Settings, metrics: Metrics): Record<string, Route> {
  return {
    '/livez': () => probe(liveness(watch, Date.now())),
    '/readyz': () => probe(readiness(watch, settings(), Date.now())),
    '/metrics': async () => ({
      status: 200,
      type: metrics.registry.contentType,
      body: await metrics.registry.metrics(),
    }),
    '/targets': () => json(targets(watch)),
    '/explain': async (query) => {
      const { node, seenByShipper, running } = settings();
      const question = query.get('of') ?? '';
      const reloadOf = (agent: string) => watch.crew.stateOf(agent).reload;
      const containers = await explain(watch.state, running, { node, seenByShipper }, question, Date.now(), reloadOf);
      const { synced, error } = watch.pods;
      return json({
        pods: { synced, error },
        scanError: watch.state.scanError,
        exitCode: exitCode(containers),
        containers,
      });
    },
  };
}

/** Fails only for what a restart cures: not for an API server that is away. */
function liveness({ loop }: Pick<Watch, 'loop'>, now: number): Record<string, Check> {
  const since = loop.runningSince;
  const seconds = secondsAt(since, now);
  return {
    loop: { ok: seconds * 1000 <= stuckAfter, detail: since === undefined ? 'waiting' : `in a pass for ${seconds} s` },
  };
}

/** Ready once the pods are synced, the disk could be looked at, and every agent is applied. */
function readiness(
  { state, pods, surroundings, crew }: Pick<Watch, 'state' | 'pods' | 'surroundings' | 'crew'>,
  { running }: Settings,
  now: number,
): Record<string, Check> {
  const checks: Record<string, Check> = {
    pods: { ok: pods.synced, detail: pods.error ?? (pods.synced ? 'synced' : 'no complete list of pods yet') },
    scan: { ok: state.scanError === undefined, detail: state.scanError },
  };
  // Pods are shipped without them, too.
  for (const [name, { synced, error }] of Object.entries(surroundings?.sources ?? {}))
    checks[name] = { ok: true, detail: error ?? (synced ? 'synced' : 'not read yet') };
  for (const { agent } of running) {
    const result = state.results.get(agent.name);
    const { workingSince, reload } = crew.stateOf(agent.name);
    const busy = secondsAt(workingSince, now);
    const errors = [
      ...(result?.errors ?? ['no pass yet']),
      ...(busy > hangsAfter ? [`at work for ${busy} s`] : []),
      ...(reload?.status === 'failing' ? [`the shipper was not told of its files: ${reload.error}`] : []),
    ];
    checks[`agent ${agent.name}`] = {
      ok: errors.length === 0,
      detail: errors.join('; ') || `${result?.outputs} outputs`,
    };
  }
  return checks;
}

function secondsAt(since: number | undefined, now: number): number {
  return since === undefined ? 0 : Math.round((now - since) / 1000);
}

function targets({ state }: Watch) {
  return state.verdicts.map(({ state, reason, detail, container, target, goneSince }) => ({
    namespace: container.pod?.namespace,
    pod: container.pod?.name,
    container: container.name,
    restart: container.restart,
    id: target?.container.id || container.id,
    state,
    reason,
    detail: detail || undefined,
    log: target?.log,
    gone: goneSince === undefined ? undefined : new Date(goneSince).toISOString(),
  }));
}
