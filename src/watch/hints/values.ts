import type { Hints } from '../../agent/hints.ts';
import { hintKeys } from '../../agent/hints.ts';
import { reservedAttributes } from '../../agent/attributes.ts';
import { patternProblem } from './pattern.ts';
import { quoted } from './problems.ts';

/** All hints that a pod can give, by the names of their annotations. */
export const keys = ['include', 'exclude', ...hintKeys] as const;
export type Key = (typeof keys)[number];

/** Values of hints that were understood. */
export interface Values {
  include?: boolean;
  exclude?: boolean;
  parser?: string;
  'multiline-start'?: string;
  sampling?: NonNullable<Hints['sampling']>;
  redaction?: NonNullable<Hints['redaction']>;
  tenant?: string;
  attributes?: Readonly<Record<string, string>>;
}

/** Says what is wrong with a part of a value: the end of a sentence that begins with the hint. */
type Say = (problem: string) => undefined;

const longest = 10_000;
const mostRules = 50;
const mostAttributes = 30;
const mostOfAnAttribute = 1024;

/** What stands in the place of a text that a redaction rule without `replacement` matches. */
const redacted = '***';

/**
 * Understands the value of a hint: an annotation's text, or a structure of the operator's. What is good in a list or a
 * mapping is kept; the rest is complained of. Returns undefined where nothing is left.
 */
export function readValue<K extends Key>(key: K, value: unknown, say: Say): Values[K] | undefined {
  if (typeof value === 'string' && value.length > longest) return say(`has more than ${longest} characters`);
  return readers[key](typeof value === 'string' ? value.trim() : value, say) as Values[K] | undefined;
}

const readers: Readonly<Record<Key, (value: unknown, say: Say) => Values[Key] | undefined>> = {
  include: boolean,
  exclude: boolean,
  parser: (value, say) => {
    if (typeof value === 'string' && /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/.test(value)) return value;
    return say('has to be the name of a parser: letters, digits, dots, dashes and _');
  },
  'multiline-start': (value, say) => {
    if (typeof value !== 'string') return say('has to be a regular expression');
    const wrong = patternProblem(value);
    return wrong === undefined ? value : say(wrong);
  },
  sampling: (value, say) => {
    const number = typeof value === 'string' && /^[\d.]+$/.test(value) ? Number(value) : value;
    if (typeof number === 'number') return isShare(number) ? [{ rate: number }] : say('has to be a number from 0 to 1');
    const rules = rulesOf(value, 'has to be a number from 0 to 1, or a JSON list of {"match", "rate"}', say);
    return some(rules?.flatMap(([rule, sayOf]) => samplingRule(rule, sayOf) ?? []));
  },
  redaction: (value, say) => {
    const rules = rulesOf(value, 'has to be a JSON list of {"match", "replacement"}', say);
    return some(rules?.flatMap(([rule, sayOf]) => redactionRule(rule, sayOf) ?? []));
  },
  tenant: (value, say) => (isTenant(value) ? value : say('has to be the name of a tenant')),
  attributes,
};

/** Whether Loki, and with it the others, takes the name for a tenant's. */
export function isTenant(value: unknown): value is string {
  // https://grafana.com/docs/mimir/latest/configure/about-tenant-ids/
  return typeof value === 'string' && /^[a-zA-Z0-9!._*'()-]{1,150}$/.test(value) && !/^\.{1,2}$/.test(value);
}

function boolean(value: unknown, say: Say): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : say('has to be true or false');
}

function samplingRule(rule: Record<string, unknown>, say: Say) {
  const { match, rate, ...others } = rule;
  if (unknownField(others, ['match', 'rate'], say)) return undefined;
  if (typeof rate !== 'number' || !isShare(rate)) return say('has to have a rate, a number from 0 to 1');
  return match === undefined ? { rate } : isPattern(match, say) ? { match, rate } : undefined;
}

function redactionRule(rule: Record<string, unknown>, say: Say) {
  const { match, replacement = redacted, ...others } = rule;
  if (unknownField(others, ['match', 'replacement'], say)) return undefined;
  if (!isPattern(match, say)) return undefined;
  if (typeof replacement !== 'string' || !/^[^\\$\p{Cc}]{0,200}$/u.test(replacement) || !replacement.isWellFormed())
    return say('has to have a replacement of at most 200 characters, without \\ and $: groups are not written in');
  return { match, replacement };
}

function attributes(value: unknown, say: Say): Record<string, string> | undefined {
  const map = typeof value === 'string' ? parsed(value, say) : value;
  if (map === undefined) return undefined;
  if (!isMap(map)) return say('has to be a JSON object of texts');
  const entries = Object.entries(map);
  if (entries.length > mostAttributes) return say(`has more than ${mostAttributes} attributes`);
  const good = entries.filter((entry): entry is [string, string] => {
    const wrong = attributeProblem(...entry);
    if (wrong !== undefined) say(`has ${quoted(entry[0])}, which ${wrong}`);
    return wrong === undefined;
  });
  return Object.fromEntries(good);
}

function attributeProblem(name: string, value: unknown): string | undefined {
  if (!/^[a-zA-Z][a-zA-Z0-9_]{0,62}$/.test(name))
    return 'is no name: letters, digits and _, beginning with a letter, at most 63';
  if (reservedAttributes.has(name)) return 'is an attribute that every log has already';
  if (typeof value !== 'string') return 'is no text; put it in quotes';
  if (!value.isWellFormed() || value.includes('\0')) return 'has a character that can not be written';
  return Buffer.byteLength(value) > mostOfAnAttribute ? `has more than ${mostOfAnAttribute} bytes` : undefined;
}

/** The rules of a list, each with where to tell what is wrong with it. */
function rulesOf(value: unknown, expected: string, say: Say): [Record<string, unknown>, Say][] | undefined {
  const list = typeof value === 'string' ? parsed(value, say, expected) : value;
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) return say(expected);
  if (list.length > mostRules) return say(`has more than ${mostRules} rules`);
  return list.flatMap((rule: unknown, index): [Record<string, unknown>, Say][] => {
    const sayOf: Say = (problem) => say(`rule ${index + 1} ${problem}`);
    if (isMap(rule)) return [[rule, sayOf]];
    sayOf('is no object');
    return [];
  });
}

function parsed(text: string, say: Say, expected = 'has to be a JSON object of texts'): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return say(/^[[{]/.test(text) ? 'is no valid JSON' : expected);
  }
}

function isPattern(value: unknown, say: Say): value is string {
  const wrong = typeof value === 'string' ? patternProblem(value) : 'has to be a regular expression';
  if (wrong !== undefined) say(`has a match that ${wrong}`.replace('that has to be', 'that is not'));
  return wrong === undefined;
}

function unknownField(others: object, known: readonly string[], say: Say): boolean {
  const [name] = Object.keys(others);
  if (name !== undefined) say(`has the unknown field ${quoted(name)}; there are ${known.join(' and ')}`);
  return name !== undefined;
}

/** A list without anything says nothing, so that a weaker one stays. */
const some = <T>(list: T[] | undefined): T[] | undefined => (list?.length ? list : undefined);

const isShare = (value: number) => value >= 0 && value <= 1;

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
