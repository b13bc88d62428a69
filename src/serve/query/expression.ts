import type { Condition } from './condition.ts';
import { readPattern } from './pattern.ts';
import type { Matcher } from '../store.ts';

const deepest = 50;
const longest = 10_000;
const token =
  /\s*(?:(?<sign>[()])|(?<op>!=|=~|!~|=)|"(?<quoted>(?:[^"\\]|\\.)*)"|\/(?<pattern>(?:[^/\\]|\\.)+)\/|(?<word>[^\s()"=!~]+(?:[!~]+(?!=|~)[^\s()"=!~]*)*))/suy;

interface Token {
  kind: 'sign' | 'op' | 'quoted' | 'pattern' | 'word';
  text: string;
}

/** Reads `error and not (timeout or "connection reset") and pod=~"web-.*"`. Throws an error that says what is wrong. */
export function readExpression(text: string): Condition {
  if (text.length > longest) throw new Error(`has more than ${longest} characters`);
  const tokens = tokensOf(text);
  let at = 0;
  const isWord = (word: string) => tokens[at]?.kind === 'word' && tokens[at]?.text === word;
  const isSign = (sign: string) => tokens[at]?.kind === 'sign' && tokens[at]?.text === sign;

  function list(kind: 'and' | 'or', next: (depth: number) => Condition, more: () => boolean, depth: number): Condition {
    const of = [next(depth)];
    while (more()) of.push(next(depth));
    return of.length === 1 && of[0] ? of[0] : { kind, of };
  }
  const takes = (word: string) => {
    if (!isWord(word)) return false;
    at += 1;
    return true;
  };
  const either = (depth: number): Condition => list('or', both, () => takes('or'), depth);
  const both = (depth: number): Condition =>
    list('and', one, () => takes('and') || (at < tokens.length && !isWord('or') && !isSign(')')), depth);
  function one(depth: number): Condition {
    if (depth > deepest) throw new Error(`has more than ${deepest} parentheses or nots in each other`);
    if (takes('not')) return { kind: 'not', of: one(depth + 1) };
    if (isSign('(')) {
      at += 1;
      const inner = either(depth + 1);
      if (!isSign(')')) throw new Error('a parenthesis is not closed');
      at += 1;
      return inner;
    }
    return term();
  }
  function term(): Condition {
    const found = tokens[at];
    at += 1;
    if (!found) throw new Error('ends where a text or a condition should be');
    if (found.kind === 'sign' || found.kind === 'op' || (found.kind === 'word' && /^(and|or)$/.test(found.text)))
      throw new Error(`${JSON.stringify(found.text)} stands where a text or a condition should be`);
    const op = tokens[at];
    if ((found.kind === 'word' || found.kind === 'quoted') && op?.kind === 'op') {
      const value = tokens[at + 1];
      if (!value || value.kind === 'sign' || value.kind === 'op')
        throw new Error(`${JSON.stringify(found.text + op.text)} has no value`);
      at += 2;
      return { kind: 'series', matcher: matcherOf(found.text, op.text as Matcher['op'], value.text) };
    }
    return found.kind === 'pattern'
      ? { kind: 'text', filter: { op: '|~', value: readPattern(found.text) } }
      : { kind: 'text', filter: { op: '|=', value: found.text } };
  }

  const condition = either(0);
  if (at < tokens.length) throw new Error('a parenthesis is closed that was not opened');
  return condition;
}

/** A condition on a name; its pattern is checked. */
export function matcherOf(name: string, op: Matcher['op'], value: string): Matcher {
  return { name, op, value: op === '=~' || op === '!~' ? readPattern(value) : value };
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  token.lastIndex = 0;
  while (token.lastIndex < end) {
    const from = token.lastIndex;
    const groups = token.exec(text)?.groups;
    if (!groups) throw new Error(`${JSON.stringify(text.slice(from, from + 20).trim())} can't be read`);
    for (const kind of ['sign', 'op', 'quoted', 'pattern', 'word'] as const) {
      const found = groups[kind];
      if (found !== undefined)
        tokens.push({ kind, text: kind === 'quoted' ? found.replaceAll(/\\(["\\])/g, '$1') : found });
    }
  }
  if (tokens.length === 0) throw new Error('is empty');
  return tokens;
}
