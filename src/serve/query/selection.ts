import { split, type Condition } from './condition.ts';
import { parseDuration } from './duration.ts';
import { matcherOf, readExpression } from './expression.ts';
import { quote, type Parameters } from './parameters.ts';
import { readPattern } from './pattern.ts';
import type { Matcher, Selection } from '../store.ts';
import { parseBound } from '../time.ts';

/** What is looked for: the store looks at the selection, and what is left has to hold too. */
export interface Asking {
  selection: Selection;
  rest: readonly Condition[];
}

const hour = 3_600_000_000_000n;
export const timeHelp = 'an RFC 3339 time, now, or how long ago, as 15m or 7d';

/** Reads an RFC 3339 time, `now`, or how long ago. */
export const readTime = (now: bigint) => (text: string) => {
  if (text === 'now') return now;
  const ago = parseDuration(text);
  return ago === undefined ? parseBound(text) : now - ago;
};

/** Nanoseconds; 0 for any. */
export function readRange(parameters: Parameters, now: bigint, longest: bigint): { from: bigint; to: bigint } {
  const to = parameters.one('to', readTime(now), timeHelp) ?? now;
  const from = parameters.one('from', readTime(now), timeHelp) ?? to - hour;
  if (from > to) parameters.wrong('from', 'is later than to', timeHelp);
  else if (longest > 0n && to - from > longest)
    parameters.wrong('from', `is more than ${longest / 1_000_000_000n}s before to`, 'a shorter time');
  return { from, to };
}

const matchHelp = 'name=value, name!=value, name=~pattern or name!~pattern';

/** The conditions on series: those parameters that are the same wherever something is selected. */
export function readSeries(parameters: Parameters): Condition[] {
  const conditions: Condition[] = [];
  for (const name of ['namespace', 'pod', 'container', 'stream', 'host']) {
    const values = parameters.all(name);
    const of = values.map((value): Condition => ({ kind: 'series', matcher: { name, op: '=', value } }));
    if (of.length > 0) conditions.push({ kind: 'or', of });
  }
  for (const text of parameters.all('match')) {
    const [, name = '', op = '', value = ''] = /^([^=!~]+)(!=|=~|!~|=)([^]*)$/.exec(text) ?? [];
    if (name === '') parameters.wrong('match', `${quote(text)} is no condition`, matchHelp);
    else
      attempt(parameters, 'match', matchHelp, () =>
        conditions.push({ kind: 'series', matcher: matcherOf(name, op as Matcher['op'], value) }),
      );
  }
  return conditions;
}

/** The conditions on the text, and those of `q`. */
export function readText(parameters: Parameters): Condition[] {
  const conditions: Condition[] = [];
  for (const [name, op] of [
    ['contains', '|='],
    ['not_contains', '!='],
    ['regex', '|~'],
    ['not_regex', '!~'],
  ] as const)
    for (const value of parameters.all(name))
      attempt(parameters, name, 'a text, or a pattern that no line can make slow', () =>
        conditions.push({
          kind: 'text',
          filter: { op, value: name.endsWith('regex') ? readPattern(value) : value },
        }),
      );
  for (const text of parameters.all('q'))
    attempt(parameters, 'q', 'words, "texts", /patterns/ and name=value, with and, or, not and parentheses', () =>
      conditions.push(readExpression(text)),
    );
  return conditions;
}

export function asking(conditions: readonly Condition[], range: { from: bigint; to: bigint }): Asking {
  const { series, text, rest } = split({ kind: 'and', of: conditions });
  return { selection: { ...range, series, text }, rest };
}

function attempt(parameters: Parameters, name: string, help: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    parameters.wrong(name, error instanceof Error ? error.message : String(error), help);
  }
}
