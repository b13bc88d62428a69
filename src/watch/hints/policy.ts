import { checkPattern, checkSelector } from '../../config/check.ts';
import { closest } from '../../config/closest.ts';
import { matches, parseSelector, wildcard, type Selector } from '../selector.ts';
import { quoted } from './problems.ts';
import { keys, readValue, type Key, type Values } from './values.ts';

/** A rule of `--hint-policy`: hints that the operator gives to some containers. */
export interface PolicyRule {
  namespaces: readonly RegExp[];
  /** All of them have to hold. */
  labels: readonly Selector[];
  containers: readonly RegExp[];
  values: Values;
}

/** What the rules ask about. */
export interface Subject {
  namespace: string;
  labels: Readonly<Record<string, string>>;
  container: string;
}

/** Says what is wrong with the option's value. */
export function checkPolicy(value: unknown): string | undefined {
  const problems: string[] = [];
  readRules(value, (problem) => void problems.push(problem));
  return problems.length > 0 ? problems.join('; ') : undefined;
}

/** The rules of a value that {@link checkPolicy} has nothing against. */
export function compilePolicy(value: unknown): PolicyRule[] {
  return readRules(value ?? [], () => {});
}

/** The hints of all rules that fit, merged in their order: a later one wins, `attributes` name by name. */
export function policyFor(rules: readonly PolicyRule[], { namespace, labels, container }: Subject): Values {
  const some = (patterns: readonly RegExp[], name: string) =>
    patterns.length === 0 || patterns.some((pattern) => pattern.test(name));
  const fitting = rules.filter(
    (rule) =>
      some(rule.namespaces, namespace) &&
      some(rule.containers, container) &&
      rule.labels.every((selector) => matches(selector, labels)),
  );
  return fitting.reduce<Values>((merged, { values }) => mergeValues(merged, values), {});
}

/** Values with those that beat them; `attributes` are merged name by name. */
export function mergeValues(values: Values, stronger: Values): Values {
  const attributes = { ...values.attributes, ...stronger.attributes };
  return { ...values, ...stronger, ...((values.attributes ?? stronger.attributes) && { attributes }) };
}

type Say = (problem: string) => void;

function readRules(value: unknown, say: Say): PolicyRule[] {
  if (!Array.isArray(value)) {
    say('has to be a list of rules, each with hints and, where it does not fit all, namespaces, labels or containers');
    return [];
  }
  return value.flatMap((rule: unknown, index) => {
    const sayOf = (problem: string) => say(`rule ${index + 1} ${problem}`);
    if (isMap(rule)) return [readRule(rule, sayOf)];
    sayOf('is no mapping');
    return [];
  });
}

function readRule(rule: Record<string, unknown>, say: Say): PolicyRule {
  const { namespaces, labels, containers, hints, ...others } = rule;
  const known = ['namespaces', 'labels', 'containers', 'hints'];
  for (const name of Object.keys(others)) say(`has the unknown key ${quoted(name)}${meant(name, known)}`);
  const values: Record<string, unknown> = {};
  const sayOf = (problem: string): undefined => {
    say(problem);
  };
  if (isMap(hints)) {
    for (const [key, value] of Object.entries(hints)) {
      if (!isKey(key)) say(`has the unknown hint ${quoted(key)}${meant(key, keys)}`);
      else values[key] = readValue(key, value, (why) => sayOf(`has a hint ${key} that ${why}`));
    }
  } else say('has no hints, a mapping');
  return {
    namespaces: texts(namespaces, 'namespaces', checkPattern, say).map(wildcard),
    labels: texts(labels, 'labels', checkSelector, say).map(parseSelector),
    containers: texts(containers, 'containers', checkPattern, say).map(wildcard),
    values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  };
}

/** A list of texts, or one text with commas. */
function texts(value: unknown, name: string, check: (text: string) => string | undefined, say: Say): string[] {
  if (value === undefined) return [];
  const list = typeof value === 'string' ? value.split(',').map((text) => text.trim()) : value;
  if (!Array.isArray(list) || list.length === 0 || !list.every((text) => typeof text === 'string')) {
    say(`has ${name} that are no list of texts`);
    return [];
  }
  for (const text of list) {
    const wrong = check(text);
    if (wrong !== undefined) say(`has ${name} with ${quoted(text)}, which ${wrong}`);
  }
  return list;
}

function meant(name: string, known: readonly string[]): string {
  const near = closest(name, known);
  return near === undefined ? '' : ` (did you mean \`${near}\`?)`;
}

const isKey = (name: string): name is Key => (keys as readonly string[]).includes(name);

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
