import type { Running } from './running.ts';
import type { ReloadState } from './reload/history.ts';
import type { State } from './pass.ts';
import type { Verdict } from './filter.ts';
import type { Wanted } from './hints.ts';
import type { HintProblem } from './hints/problems.ts';
import { unsupported } from './hints/unsupported.ts';
import type { RenderInput } from '../agent/agent.ts';
import type { Target } from '../agent/target.ts';
import type { Reason } from '../system/reasons.ts';

/** The whole decision on one container; the body of `/explain` and the input of the command's text. */
export interface Explanation {
  namespace: string;
  pod: string;
  container: string;
  restart: number;
  id: string;
  directory: string;
  log: string;
  podKnown: boolean;
  state: Verdict['state'];
  reason: Reason;
  detail: string;
  /** Seconds since its directory is gone; undefined while it is there. */
  goneFor?: number;
  /** The hints in force, and who has given each. */
  hints: Wanted['from'];
  /** What is wrong with the annotations that give hints. */
  hintProblems: readonly HintProblem[];
  agents: Record<
    string,
    {
      state: 'applied' | 'waiting' | 'failing' | 'quarantined';
      errors: string[];
      outputs: string[];
      /** Whether the shipper knows of its files; undefined for one that looks by itself. */
      reload?: ReloadState;
    }
  >;
}

/** Whether a question asks for this container: `[NAMESPACE/]POD[/CONTAINER]` or a container id; empty asks for all. */
export function selects(question: string, verdict: Verdict): boolean {
  const { pod, name } = verdict.container;
  const id = verdict.target?.container.id || verdict.container.id;
  if (question === '') return true;
  const parts = question.split('/');
  const forms = [
    [pod?.name],
    [pod?.name, name],
    [pod?.namespace, pod?.name],
    [pod?.namespace, pod?.name, name],
    [id || undefined],
  ];
  return forms.some((form) => form.length === parts.length && form.every((part, at) => part === parts[at]));
}

export async function explain(
  state: State,
  running: readonly Running[],
  input: Omit<RenderInput, 'targets' | 'options' | 'fill' | 'report'>,
  question: string,
  now: number,
  reloadOf: (agent: string) => ReloadState | undefined = () => undefined,
): Promise<Explanation[]> {
  const asked = state.verdicts.filter((verdict) => selects(question, verdict));
  const agentsOf = async (verdict: Verdict) => {
    const entries = running.map(async (one) => {
      const reload = reloadOf(one.agent.name);
      const told = reload?.status === 'none' ? undefined : reload;
      return [one.agent.name, { ...(await byAgent(one, verdict, state, input)), reload: told }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  return Promise.all(
    asked.map(async (verdict) => ({
      namespace: verdict.container.pod?.namespace ?? '',
      pod: verdict.container.pod?.name ?? '',
      container: verdict.container.name ?? '',
      restart: verdict.container.restart ?? 0,
      id: verdict.target?.container.id || verdict.container.id || '',
      directory: verdict.container.directory,
      log: verdict.target?.log.path ?? '',
      podKnown: verdict.target !== undefined,
      state: verdict.state,
      reason: verdict.reason,
      detail: verdict.detail,
      goneFor: verdict.goneSince === undefined ? undefined : Math.round((now - verdict.goneSince) / 1000),
      hints: verdict.wanted?.from ?? {},
      hintProblems: verdict.wanted?.problems ?? [],
      agents: verdict.state === 'kept' ? await agentsOf(verdict) : {},
    })),
  );
}

/** 0 collected, 3 excluded, 4 pending, 5 failing, 6 unknown: the worst of all that were asked for. */
export function exitCode(explanations: readonly Explanation[]): 0 | 3 | 4 | 5 | 6 {
  const isWaiting = ({ state, reload }: Explanation['agents'][string]) =>
    state === 'waiting' || reload?.status === 'waiting' || reload?.status === 'running';
  const shipped = explanations.filter(({ reason }) => reason !== 'pause-container');
  if (shipped.length === 0) return explanations.length > 0 ? 3 : 6;
  const agents = shipped.flatMap(({ agents }) => Object.values(agents));
  const isFailing = ({ state, reload }: Explanation['agents'][string]) =>
    state === 'failing' || state === 'quarantined' || reload?.status === 'failing';
  if (agents.some(isFailing)) return 5;
  if (shipped.some(({ state }) => state === 'pending') || agents.some(isWaiting)) return 4;
  return shipped.some(({ state }) => state === 'dropped') ? 3 : 0;
}

async function byAgent(
  { agent, options, fill }: Running,
  { target }: Verdict,
  state: State,
  input: Omit<RenderInput, 'targets' | 'options' | 'fill' | 'report'>,
): Promise<Explanation['agents'][string]> {
  const result = state.results.get(agent.name);
  if (!target || !result) return { state: 'waiting', errors: [], outputs: [] };
  const quarantined = [...result.quarantined].find(([{ id }]) => id === target.id)?.[1];
  if (quarantined !== undefined) return { state: 'quarantined', errors: [quarantined], outputs: [] };
  const problems: string[] = unsupported(target.hints, agent.hints);
  const report = (_target: Target, problem: string) => void problems.push(problem);
  try {
    const rendered = await agent.render({ ...input, targets: [target], options, fill, report });
    const outputs = rendered.map(({ path }) => path);
    const errors = [...result.errors, ...problems];
    return { state: result.errors.length > 0 ? 'failing' : 'applied', errors, outputs };
  } catch (error) {
    const errors = result.errors.length > 0 ? result.errors : [error instanceof Error ? error.message : String(error)];
    return { state: 'failing', errors, outputs: [] };
  }
}
