import type { FileOutput, Output } from '../agent/agent.ts';
import { parseProblem } from '../agent/parses.ts';
import type { Judge } from './isolate.ts';

export interface JudgeInput {
  /** What is wrong with the outputs as such: their paths, their modes. */
  check(outputs: readonly Output[]): readonly string[];
  /** Whether this file stands on disk like this by our own doing, so that it was judged before. */
  stands(output: FileOutput): boolean;
  /** What the shipper itself says of them. */
  shipper?(outputs: readonly Output[]): Promise<string | undefined>;
}

/** Judges outputs before any is written: their places, then their formats, then by the shipper's own check. */
export function createJudge({ check, stands, shipper }: JudgeInput): Judge {
  // Whole lists are judged again and again while a guilty target is looked for.
  const parsed = new Set<string>();
  return async (outputs) => {
    const problems = check(outputs);
    if (problems.length > 0) return { stage: 'outputs', why: problems.join('; ') };
    for (const output of outputs) {
      if (output.kind !== 'file' || stands(output)) continue;
      const key = `${output.path}\n${output.content}`;
      if (parsed.has(key)) continue;
      const why = parseProblem(output);
      if (why !== undefined) return { stage: 'parse', why: `${output.path}: ${why}` };
      parsed.add(key);
    }
    const why = await shipper?.(outputs);
    return why === undefined ? undefined : { stage: 'check', why };
  };
}
