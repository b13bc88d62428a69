import { strangersPattern } from '../../system/pattern.ts';
import { matching } from './matching.ts';
import { literally } from './pattern.ts';
import { valueOf } from './row.ts';
import type { Entry, Matcher, Series, TextFilter } from '../store.ts';

/** What has to be true for an entry. */
export type Condition =
  | { kind: 'text'; filter: TextFilter }
  | { kind: 'series'; matcher: Matcher }
  | { kind: 'not'; of: Condition }
  | { kind: 'and' | 'or'; of: readonly Condition[] };

/** What a store can look at by itself, and what has to be looked at for each entry that it gives. */
export interface Split {
  series: Matcher[];
  text: TextFilter[];
  rest: Condition[];
}

const opposite = {
  '=': '!=',
  '!=': '=',
  '=~': '!~',
  '!~': '=~',
} as const;
const opposites = { '|=': '!=', '!=': '|=', '|~': '!~', '!~': '|~' } as const;

/** The same condition without `not`. */
function settle(condition: Condition, negated: boolean): Condition {
  switch (condition.kind) {
    case 'not':
      return settle(condition.of, !negated);
    case 'text': {
      const { op, value } = condition.filter;
      return { kind: 'text', filter: { op: negated ? opposites[op] : op, value } };
    }
    case 'series': {
      const { name, op, value } = condition.matcher;
      return { kind: 'series', matcher: { name, op: negated ? opposite[op] : op, value } };
    }
    default: {
      const kind = (condition.kind === 'and') === negated ? 'or' : 'and';
      return { kind, of: condition.of.map((one) => settle(one, negated)) };
    }
  }
}

/** Longer ones are refused by `strangersPattern`. */
const longest = 900;

/** Takes a condition apart, so that as much as can be is looked at by the store. */
export function split(condition: Condition): Split {
  const parts: Split = { series: [], text: [], rest: [] };
  const take = (one: Condition): void => {
    if (one.kind === 'text') parts.text.push(one.filter);
    else if (one.kind === 'series') parts.series.push(one.matcher);
    else if (one.kind === 'and') one.of.forEach(take);
    else {
      const joined = oneOf(one);
      if (joined) take(joined);
      else parts.rest.push(one);
    }
  };
  take(settle(condition, false));
  return parts;
}

/** An `or` of texts is one pattern, and one of the values of a name too. */
function oneOf(condition: Condition): Condition | undefined {
  if (condition.kind !== 'or') return undefined;
  const patterns: string[] = [];
  const names = new Set<string>();
  for (const one of condition.of) {
    if (one.kind === 'text' && (one.filter.op === '|=' || one.filter.op === '|~')) {
      names.add('');
      patterns.push(one.filter.op === '|=' ? literally(one.filter.value) : `(?:${one.filter.value})`);
    } else if (one.kind === 'series' && (one.matcher.op === '=' || one.matcher.op === '=~')) {
      names.add(`=${one.matcher.name}`);
      patterns.push(one.matcher.op === '=' ? literally(one.matcher.value) : `(?:${one.matcher.value})`);
    } else return undefined;
  }
  const value = patterns.join('|');
  const [name] = names;
  if (name === undefined || names.size > 1 || value.length > longest) return undefined;
  try {
    strangersPattern(name === '' ? value : `^(?:${value})$`);
  } catch {
    // One by one they can be used, together not.
    return undefined;
  }
  return name === ''
    ? { kind: 'text', filter: { op: '|~', value } }
    : { kind: 'series', matcher: { name: name.slice(1), op: '=~', value } };
}

/** The condition as a function. Patterns are those that `readPattern` has made. */
export const predicate = (condition: Condition): ((entry: Entry) => boolean) =>
  test(
    condition,
    (entry: Entry, name) => valueOf(entry, name),
    ({ log }) => log,
  );

/** The same for a series, of which nothing but its names can be asked. */
export const seriesTest = (condition: Condition): ((series: Series) => boolean) =>
  test(
    condition,
    (series: Series, name) => (Object.hasOwn(series, name) ? (series[name] ?? '') : ''),
    () => '',
  );

function test<T>(
  condition: Condition,
  value: (of: T, name: string) => string,
  log: (of: T) => string,
): (of: T) => boolean {
  const inner = (one: Condition) => test(one, value, log);
  switch (condition.kind) {
    case 'not': {
      const holds = inner(condition.of);
      return (one) => !holds(one);
    }
    case 'and': {
      const all = condition.of.map(inner);
      return (one) => all.every((holds) => holds(one));
    }
    case 'or': {
      const all = condition.of.map(inner);
      return (one) => all.some((holds) => holds(one));
    }
    case 'text': {
      const holds = textTest(condition.filter);
      return (one) => holds(log(one));
    }
    default: {
      const { name } = condition.matcher;
      const holds = valueTest(condition.matcher);
      return (one) => holds(value(one, name));
    }
  }
}

export function textTest({ op, value }: TextFilter): (text: string) => boolean {
  if (op === '|=') return (text) => text.includes(value);
  if (op === '!=') return (text) => !text.includes(value);
  const { inText } = matching(value);
  return op === '|~' ? inText : (text) => !inText(text);
}

export function valueTest({ op, value }: Pick<Matcher, 'op' | 'value'>): (text: string) => boolean {
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const { inText } = matching(`^(?:${value})$`);
  return op === '=~' ? inText : (text) => !inText(text);
}
