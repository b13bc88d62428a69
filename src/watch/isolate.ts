import type { Agent, Output, RenderInput } from '../agent/agent.ts';
import type { Target } from '../agent/target.ts';

export interface Isolated {
  outputs: Output[];
  /** Targets that the agent can't render, with the error; they stand as they last were, or are left out. */
  quarantined: Map<Target, string>;
}

/**
 * Renders all targets. If that fails, the guilty ones are found by rendering each alone, are replaced by their last
 * good state, and the rest goes on; throws only when no target is to blame, or all together still fail.
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
    return { outputs: attempt(input.targets), quarantined: new Map() };
  } catch (error) {
    const quarantined = new Map<Target, string>();
    const targets = input.targets.flatMap((target) => {
      const reason = failure(() => attempt([target]));
      if (reason === undefined) return [target];
      quarantined.set(target, reason);
      const before = lastGood.get(target.id);
      return before ? [before] : [];
    });
    if (quarantined.size === 0) throw error;
    return { outputs: attempt(targets), quarantined };
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
