import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import type { Verdict } from './filter.ts';
import { countUnsupported } from './hints/tell.ts';
import { createLane, type Lane } from './lane.ts';
import { reconcile, type Result, type Wish } from './reconcile.ts';
import type { Running } from './running.ts';
import { logResult, measure, observeLatency } from './record.ts';
import { createReloader, type Reloader, type ReloaderInput } from './reload.ts';
import type { ReloadState } from './reload/history.ts';
import { markerName } from './reload/marker.ts';

/** What all agents are to bring about. */
export interface Job {
  wish: Wish;
  verdicts: readonly Verdict[];
  /** Whether what is new in it has started after us, so that its latency tells something. */
  measured: boolean;
}

export interface CrewInput {
  log: Log;
  metrics: Metrics;
  now(): number;
  /** Called when an agent that nobody waited for has come to an end. */
  onLate?(): void;
  reloads?: Pick<ReloaderInput, 'timings' | 'send'>;
}

/** The agents at work: each renders, plans, applies and tells its shipper in its own time. */
export interface Crew {
  /** What each agent's last work came to, by name. */
  readonly results: ReadonlyMap<string, Result>;
  /** Gives each agent its work. Resolves when all are done; an agent that takes long is not waited for. */
  work(running: readonly Running[], job: Job): Promise<void>;
  /** Resolves when no agent is at work. */
  idle(): Promise<void>;
  /** Resolves when every shipper has been told what it has to be told. */
  told(): Promise<void>;
  stateOf(agent: string): AgentState;
  close(): Promise<void>;
}

export interface AgentState {
  /** Milliseconds since the epoch at which it began what it is at now; undefined when it is at nothing. */
  workingSince?: number;
  reload?: ReloadState;
}

/** Milliseconds for which agents are waited for at the most, and after which one of them counts as slow. */
const grace = { all: 1000, one: 1000 };

interface Member {
  /** As the settings have it now. */
  running: Running;
  lane: Lane<Job>;
  reloader: Reloader;
}

export function createCrew({ log, metrics, now, onLate, reloads }: CrewInput): Crew {
  const members = new Map<string, Member>();
  const configured = new Map<string, Set<string>>();
  let results: ReadonlyMap<string, Result> = new Map();
  let waited = false;

  const merge = (older: Job, newer: Job): Job => ({
    ...newer,
    wish: { ...newer.wish, full: older.wish.full || newer.wish.full },
  });

  const memberOf = (running: Running): Member => {
    const { name } = running.agent;
    const known = members.get(name);
    if (known) {
      known.running = running;
      return known;
    }
    const member: Member = {
      running,
      lane: createLane({ work: (job) => workOf(member, job), merge, slow: grace.one, now: Date.now }),
      reloader: createReloader({
        agent: name,
        reload: () => member.running.agent.reload?.(member.running.options),
        marker: join(dirname(running.inventory), markerName(name)),
        log,
        metrics,
        ...reloads,
      }),
    };
    members.set(name, member);
    return member;
  };

  const workOf = async ({ running, reloader }: Member, { wish, verdicts, measured }: Job) => {
    const { name } = running.agent;
    const result = await reconcile(running, wish, { beforeChanges: () => reloader.expect() });
    if (result.changes > 0) reloader.want(isUrgent(verdicts, configured.get(name)));
    else reloader.unchanged();
    logResult(name, results.get(name), result, log);
    measure(name, result, metrics);
    results = new Map(results).set(name, result);
    countUnsupported(results, metrics);
    if (result.errors.length === 0) observeLatency(configured, name, verdicts, measured, now(), metrics);
    if (!waited) onLate?.();
    return result.errors.length === 0;
  };

  return {
    get results() {
      return results;
    },
    async work(running, job) {
      waited = true;
      const late = new AbortController();
      try {
        const works = running.map((one) => memberOf(one).lane.give(job));
        await Promise.race([Promise.all(works), sleep(grace.all, undefined, { signal: late.signal }).catch(() => {})]);
      } finally {
        late.abort();
        waited = false;
      }
    },
    idle: async () => void (await Promise.all([...members.values()].map(({ lane }) => lane.idle()))),
    told: async () => void (await Promise.all([...members.values()].map(({ reloader }) => reloader.settled()))),
    stateOf(agent) {
      const member = members.get(agent);
      return { workingSince: member?.lane.runningSince, reload: member?.reloader.state };
    },
    close: async () => void (await Promise.all([...members.values()].map(({ reloader }) => reloader.close()))),
  };
}

/** Whether something that ends, or has ended, is configured for the first time: it can't wait for its shipper. */
function isUrgent(verdicts: readonly Verdict[], before: ReadonlySet<string> = new Set()): boolean {
  const ends = ({ goneSince, ending }: Verdict) => goneSince !== undefined || ending === true;
  return verdicts.some((verdict) => verdict.state === 'kept' && ends(verdict) && !before.has(verdict.key));
}
