import { isPythonPattern } from '../../src/agent/python.ts';

/** Told what is wrong in an annotation. */
export type Complain = (problem: string) => void;

/**
 * What a list of objects with `container` says for one container: the value of `key` in the first object for it.
 * What is no such list is complained of and says nothing.
 */
export function entryFor(container: string, key: string, annotation: unknown, complain: Complain): unknown {
  if (annotation === undefined) return undefined;
  const list = typeof annotation === 'string' ? parse(annotation, complain) : annotation;
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) {
    complain('is no JSON list');
    return undefined;
  }
  for (const entry of list as unknown[]) {
    if (typeof entry !== 'object' || entry === null) complain('has an element that is no object');
    else if ('container' in entry && entry.container === container) {
      return Object.hasOwn(entry, key) ? (entry as Record<string, unknown>)[key] : undefined;
    }
  }
  return undefined;
}

function parse(text: string, complain: Complain): unknown {
  try {
    return JSON.parse(text);
  } catch {
    complain('is no valid JSON');
    return undefined;
  }
}

/**
 * The rules of a list that the Scalyr agent will take, with their own fields only. It refuses its whole configuration
 * for one rule without a valid expression, so the others are complained of and left out.
 */
export function rulesOf(
  value: unknown,
  further: Readonly<Record<string, (value: unknown) => boolean>>,
  complain: Complain,
): object[] {
  if (value === undefined || value === null) return [];
  const rules: unknown[] = Array.isArray(value) ? value : [];
  if (rules !== value) complain('has rules that are no list');
  return rules.flatMap((rule) => {
    const why = ruleProblem(rule, further);
    if (why === undefined) return [rule as object];
    complain(`has a rule ${why}`);
    return [];
  });
}

function ruleProblem(
  rule: unknown,
  further: Readonly<Record<string, (value: unknown) => boolean>>,
): string | undefined {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return 'that is no object';
  const fields = rule as Record<string, unknown>;
  if (typeof fields['match_expression'] !== 'string') return 'without a text in match_expression';
  if (!isPythonPattern(fields['match_expression'])) return 'whose match_expression is no regular expression';
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'match_expression') continue;
    if (!Object.hasOwn(further, name)) return `with the unknown field ${JSON.stringify(name)}`;
    if (!further[name]?.(value)) return `with an invalid ${name}`;
  }
  return undefined;
}
