import { crc32 } from 'node:zlib';
import type { Target } from '../../src/agent/target.ts';

/** A rule of the config file that stands in for the pods' own sampling annotations. */
export interface SamplingRule {
  application?: string;
  component?: string;
  /** 0 to 1; the share of the containers to which it applies. */
  probability?: number;
  /** As in the annotation: a list, or JSON text of one. */
  value: unknown;
}

/** Says what is wrong with the option's value. */
export function checkSamplingRules(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'has to be a list of rules';
  const problems = value.flatMap((rule: unknown, index) => {
    const why = ruleProblem(rule);
    return why === undefined ? [] : [`rule ${index + 1} ${why}`];
  });
  return problems.length > 0 ? problems.join('; ') : undefined;
}

function ruleProblem(rule: unknown): string | undefined {
  if (typeof rule !== 'object' || rule === null) return 'is no mapping';
  const { application, component, probability, value } = rule as Record<string, unknown>;
  if (application !== undefined && typeof application !== 'string') return 'has an application that is no text';
  if (component !== undefined && typeof component !== 'string') return 'has a component that is no text';
  const isShare = typeof probability === 'number' && probability >= 0 && probability <= 1;
  if (probability !== undefined && !isShare) return 'has a probability that is not between 0 and 1';
  return Array.isArray(value) || isJsonList(value)
    ? undefined
    : 'has no value that is a JSON list, as in the annotation';
}

function isJsonList(value: unknown): boolean {
  try {
    return typeof value === 'string' && Array.isArray(JSON.parse(value));
  } catch {
    return false;
  }
}

/** The value of the first rule that applies to the container; by its id, so that the choice stays the same. */
export function chosenRule(rules: readonly SamplingRule[], target: Target): unknown {
  return rules.find(
    ({ application, component, probability }) =>
      (application === undefined || application === target.application) &&
      (component === undefined || component === target.component) &&
      (probability === undefined || (crc32(target.container.id) % 100) + 1 <= probability * 100),
  )?.value;
}
