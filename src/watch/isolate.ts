import type { Agent, Output, RenderInput } from '../agent/agent.ts';
import type { Target } from '../agent/target.ts';

export interface Isolated {
  outputs: Output[];
  /** Targets that the agent can't render, with the error; they stand as they last were, or are left out. */
  quarantined: Map<Target, string>;
  /** True if one of them was left out. An earlier process may have rendered it: then nothing may be removed. */
  incomplete: boolean;
}

/**
 * Renders all targets. If that fails, the guilty ones are found by rendering each alone, are replaced by their last
 * good state, and the rest goes on. Throws when no target is to blame, or all of several: then it is the agent.
 */
export function renderIsolated(
  agent: Agent,
  input: RenderInput,
  lastGood: ReadonlyMap<string, Target>,
  check: (outputs: readonly Output[]) => readonly string[],
): Isolated {
  const attempt = (targets: readonly Target[]) => {
    const outputs = agent.render({ ...input, targets });
    const problems = check(outputs);
    if (problems.length > 0) throw new Error(problems.join('; '));
    return outputs;
  };
  try {
    return { outputs: attempt(input.targets), quarantined: new Map(), incomplete: false };
  } catch (error) {
    const quarantined = new Map<Target, string>();
    const targets = input.targets.flatMap((target) => {
      const reason = failure(() => attempt([target]));
      if (reason === undefined) return [target];
      quarantined.set(target, reason);
      const before = lastGood.get(target.id);
      return before ? [before] : [];
    });
    const nobodyLeft = targets.length === 0 && quarantined.size > 1;
    if (quarantined.size === 0 || nobodyLeft) throw error;
    return { outputs: attempt(targets), quarantined, incomplete: targets.length < input.targets.length };
  }
}

function failure(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
