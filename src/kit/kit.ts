import type { Check, Finding, Made } from './check.ts';
import { checks } from './checks.ts';
import { hostileTargets } from './hostile.ts';
import { createRandom } from './random.ts';
import { shrink } from './shrink.ts';
import { createSubject, renderWith, type Subject, type Tested } from './subject.ts';
import { makeTarget, ordinaryInputs, type TargetInput } from './targets.ts';

export interface KitOptions {
  /** Options of the agent; ordinary ones stand in for those that it requires. */
  options?: Readonly<Record<string, unknown>>;
  /** How many hostile targets are made up. */
  runs: number;
  seed: number;
  /** Called before each thing that the agent is asked for, with what it is. */
  onStep?(what: string): void;
}

export type CheckResult = Pick<Check, 'name' | 'meaning'> & { finding?: Finding };

/** Runs every check on an agent. A check that fails is looked at no further; the others go on. */
export async function examine(loaded: Tested, { options, runs, seed, onStep }: KitOptions): Promise<CheckResult[]> {
  onStep?.('its first rendering');
  const subject = await createSubject(loaded, options);
  const findings = new Map<Check, Finding>();
  for (const check of checks) {
    onStep?.(check.name);
    const finding = await check.look?.(subject);
    if (finding) findings.set(check, finding);
  }
  const ask = async (inputs: readonly TargetInput[], hostile: boolean) => {
    onStep?.(`the targets ${JSON.stringify(inputs)}`);
    const made = await make(subject, inputs, hostile);
    for (const check of checks) {
      if (findings.has(check) || check.judge?.(made, subject) === undefined) continue;
      findings.set(check, await smallest(check, made, subject));
    }
  };
  for (const inputs of ordinaryInputs(subject.vocabulary)) await ask(inputs, false);
  const random = createRandom(seed);
  for (let left = runs; left > 0;) {
    const inputs = hostileTargets(random, subject.vocabulary);
    left -= inputs.length;
    await ask(inputs, true);
  }
  return checks.map((check) => ({ name: check.name, meaning: check.meaning, finding: findings.get(check) }));
}

async function smallest(check: Check, made: Made, subject: Subject): Promise<Finding> {
  const again = (inputs: readonly TargetInput[]) => make(subject, inputs, made.hostile);
  const example = await shrink(
    made.inputs,
    async (inputs) => check.judge?.(await again(inputs), subject) !== undefined,
  );
  const least = await again(example);
  // One that fails only now and then may not fail again.
  const problem = check.judge?.(least, subject) ?? check.judge?.(made, subject) ?? 'failed once, but not again';
  return { problem, example, outputs: least.outputs };
}

async function make(subject: Subject, inputs: readonly TargetInput[], hostile: boolean): Promise<Made> {
  const targets = inputs.map((input) => makeTarget(input));
  try {
    return { hostile, inputs, targets, ...(await renderWith(subject, targets)) };
  } catch (error) {
    return {
      hostile,
      inputs,
      targets,
      outputs: [],
      reports: [],
      error: error instanceof Error ? error.message : String(error),
    };
  }
}
