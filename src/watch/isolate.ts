import type { Output, RenderInput } from '../agent/agent.ts';
import type { RunnableAgent } from '../agent/load.ts';
import type { Target } from '../agent/target.ts';
import { guiltyOf } from './guilty.ts';

export interface Isolated {
  outputs: Output[];
  /** Targets that are not fit to be written, with the problem; they stand as they last were, or are left out. */
  quarantined: Map<Target, string>;
  /** True if one of them was left out. An earlier process may have rendered it: then nothing may be removed. */
  incomplete: boolean;
}

/** What stage of a rendering has failed, for metrics. */
export type Stage = 'render' | 'outputs' | 'parse' | 'check';

/** Says what is wrong with the outputs of some targets, and at which stage; or nothing. */
export type Judge = (outputs: readonly Output[]) => Promise<{ stage: Stage; why: string } | undefined>;

export interface IsolateInput {
  agent: RunnableAgent;
  input: RenderInput;
  judge: Judge;
  /** The state in which each target was fit, by id. */
  lastGood: ReadonlyMap<string, Target>;
  /** What was found unfit, by id, in which state; changed here. An unchanged one is not looked at again. */
  unfit: Map<string, { state: string; problem: string }>;
  /** Called for each failure. */
  onFailure?(stage: Stage): void;
}

/**
 * Renders all targets. If that fails, the guilty ones are found by rendering fewer, are replaced by their last good
 * state, and the rest goes on. Throws when no target is to blame, or all of several: then it is the agent.
 */
export async function renderIsolated(world: IsolateInput): Promise<Isolated> {
  const { agent, input, judge, lastGood, unfit, onFailure } = world;
  // What stands for each target: itself, its last good state, or nothing.
  const quarantined = new Map<Target, string>();
  const stands = new Map<Target, Target | undefined>();
  const lastGoodOf = (target: Target) => {
    const good = lastGood.get(target.id);
    return good && stateOf(good) !== stateOf(target) ? good : undefined;
  };
  for (const target of input.targets) {
    const before = unfit.get(target.id);
    const isUnfit = before !== undefined && before.state === stateOf(target);
    if (isUnfit) quarantined.set(target, before.problem);
    stands.set(target, isUnfit ? lastGoodOf(target) : target);
  }

  let rendered: Output[] = [];
  const problemOf = async (some: readonly Target[]): Promise<string | undefined> => {
    const these = new Set(some);
    const targets = [...stands.values()].filter((target) => target !== undefined).filter((one) => these.has(one));
    try {
      rendered = await agent.render({ ...input, targets });
    } catch (error) {
      onFailure?.('render');
      return error instanceof Error ? error.message : String(error);
    }
    const problem = await judge(rendered);
    if (problem) onFailure?.(problem.stage);
    return problem?.why;
  };
  for (;;) {
    const standing = [...stands.values()].filter((target) => target !== undefined);
    if ((await problemOf(standing)) === undefined) break;
    // Of targets that are only unfit together the later is found: that shall be no one who was here before.
    const isNew = (target: Target) => {
      const good = lastGood.get(target.id);
      return !good || stateOf(good) !== stateOf(target);
    };
    const [old, young] = [standing.filter((target) => !isNew(target)), standing.filter(isNew)];
    const most = mostTries(standing.length);
    const found = await guiltyOf([...old, ...young], problemOf, { most, likelyWell: old.length });
    if (found.size === 0) break;
    if (found.size > 1 && found.size === standing.length) throw new Error([...found.values()][0]);
    for (const [target, stand] of stands) {
      const problem = stand && found.get(stand);
      if (problem === undefined) continue;
      if (!quarantined.has(target)) quarantined.set(target, problem);
      stands.set(target, stand === target ? lastGoodOf(target) : undefined);
    }
  }
  unfit.clear();
  for (const [target, problem] of quarantined) unfit.set(target.id, { state: stateOf(target), problem });
  return { outputs: rendered, quarantined, incomplete: [...stands.values()].includes(undefined) };
}

/** A few unfit ones among many can be found; when many are unfit, it is the agent. */
function mostTries(targets: number): number {
  return 16 + 8 * Math.ceil(Math.log2(targets + 1));
}

function stateOf(target: Target): string {
  return JSON.stringify(target);
}
