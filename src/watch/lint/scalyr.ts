import { isPythonPattern } from '../../agent/python.ts';
import { closest } from '../../config/closest.ts';
import type { ofScalyr } from '../hints/annotations.ts';
import { quoted } from '../hints/problems.ts';

interface Problem {
  code: 'invalid-value' | 'unknown-container';
  detail: string;
}

/** The field that each of the older annotations has for a container. */
const fields = {
  'scalyr-parser': 'parser',
  'scalyr-sampling-rules': 'sampling-rules',
  'scalyr-redaction-rules': 'redaction-rules',
} as const satisfies Record<(typeof ofScalyr)[number], string>;

/** What is wrong with an annotation of kubernetes-log-watcher 0.x: a JSON list with an object for each container. */
export function scalyrProblems(name: keyof typeof fields, value: string, containers: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const say = (detail: string) => void problems.push({ code: 'invalid-value', detail: `${detail}.` });
  const list = parsed(value);
  if (!Array.isArray(list)) {
    say(list === undefined ? 'is no valid JSON' : 'is no JSON list');
    return problems;
  }
  for (const [index, entry] of (list as unknown[]).entries()) {
    const where = `entry ${index + 1}`;
    if (!isMap(entry)) {
      say(`has no object in ${where}`);
      continue;
    }
    const { container, ...others } = entry;
    const field = fields[name];
    if (typeof container !== 'string') say(`has no container in ${where}`);
    else if (!containers.includes(container)) {
      const near = closest(container, containers);
      const hint = near === undefined ? '.' : `; did you mean ${quoted(near)}?`;
      const detail = `names the container ${quoted(container)}, which the pod does not have${hint}`;
      problems.push({ code: 'unknown-container', detail });
    }
    const strange = Object.keys(others).find((key) => key !== field);
    if (strange !== undefined)
      say(`has the unknown key ${quoted(strange)} in ${where}; there are container and ${field}`);
    if (!Object.hasOwn(others, field)) say(`has no ${field} in ${where}`);
    else if (name === 'scalyr-parser') {
      if (typeof others[field] !== 'string' || others[field] === '') say(`has a parser in ${where} that is no text`);
    } else {
      for (const why of rulesProblems(others[field], name === 'scalyr-sampling-rules')) say(`has ${why} in ${where}`);
    }
  }
  return problems;
}

function rulesProblems(rules: unknown, sampling: boolean): string[] {
  if (!Array.isArray(rules)) return ['rules that are no list'];
  return rules.flatMap((rule: unknown) => {
    if (!isMap(rule)) return ['a rule that is no object'];
    const { match_expression: match, sampling_rate: rate, replacement, hash_salt: salt, ...others } = rule;
    const strange = [
      ...Object.keys(others),
      ...(sampling && replacement !== undefined ? ['replacement'] : []),
      ...(sampling && salt !== undefined ? ['hash_salt'] : []),
      ...(!sampling && rate !== undefined ? ['sampling_rate'] : []),
    ];
    return [
      ...(typeof match !== 'string' ? ['a rule without a text in match_expression'] : []),
      ...(typeof match === 'string' && !isPythonPattern(match) ? ['a match_expression that Python does not take'] : []),
      ...(sampling && rate !== undefined && !isRate(rate) ? ['a sampling_rate that is not from 0 to 1'] : []),
      ...([replacement, salt].some((text) => text !== undefined && typeof text !== 'string')
        ? ['a replacement or hash_salt that is no text']
        : []),
      ...strange.map((name) => `a rule with the unknown field ${quoted(name)}`),
    ];
  });
}

function isRate(value: unknown): boolean {
  const rate = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof rate === 'number' && rate >= 0 && rate <= 1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
