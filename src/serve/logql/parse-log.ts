import { readPattern } from '../query/pattern.ts';
import type { Matcher } from '../store.ts';
import type { Reader } from './reader.ts';
import type { CompareOp, Field, LabelFilter, LineOp, LogQuery, Stage } from './syntax.ts';

const lineOps: readonly string[] = ['|=', '!=', '|~', '!~'] satisfies LineOp[];
const matchOps: readonly string[] = ['=', '!=', '=~', '!~'] satisfies Matcher['op'][];

/** A selector and what follows it. */
export function readLog(reader: Reader): LogQuery {
  return { kind: 'log', matchers: readSelector(reader), stages: readStages(reader) };
}

export function readSelector(reader: Reader): Matcher[] {
  reader.expect('{');
  const matchers: Matcher[] = [];
  while (!reader.is('}')) {
    matchers.push(readMatcher(reader));
    if (!reader.takes(',')) break;
  }
  reader.expect('}');
  return matchers;
}

function readMatcher(reader: Reader): Matcher {
  const name = reader.expectKind('word', 'the name of a label').text;
  const { text: op } = reader.peek();
  if (reader.peek().kind !== 'sign' || !matchOps.includes(op)) reader.fail('=, !=, =~ or !~ should be here');
  reader.take();
  const { text: value, at } = reader.expectKind('string', 'a text in quotes');
  return matcherOf(reader, name, op as Matcher['op'], value, at);
}

function matcherOf(reader: Reader, name: string, op: Matcher['op'], value: string, at: number): Matcher {
  return { name, op, value: op === '=~' || op === '!~' ? pattern(reader, value, at) : value };
}

function pattern(reader: Reader, text: string, at: number): string {
  try {
    return readPattern(text);
  } catch (error) {
    return reader.fail(error instanceof Error ? error.message : String(error), at);
  }
}

export function readStages(reader: Reader): Stage[] {
  const stages: Stage[] = [];
  for (;;) {
    const { kind, text, at } = reader.peek();
    if (kind !== 'sign') return stages;
    if (text === '|>' || text === '!>')
      reader.fail(`${text} (patterns) is not known here; |~ takes a regular expression`);
    if (lineOps.includes(text)) {
      reader.take();
      stages.push(readLine(reader, text as LineOp));
    } else if (text === '|') {
      reader.take();
      stages.push(readStage(reader, at));
    } else return stages;
  }
}

function readLine(reader: Reader, op: LineOp): Stage {
  const values: string[] = [];
  do {
    if (reader.is('ip')) reader.fail('ip() is not known here');
    const { text, at } = reader.expectKind('string', 'a text in quotes');
    values.push(op === '|~' || op === '!~' ? pattern(reader, text, at) : text);
  } while (reader.takes('or'));
  return { kind: 'line', op, values };
}

const known = ['json', 'logfmt', 'regexp', 'drop', 'keep', 'label_format', 'decolorize'];
const unknown = ['unpack', 'pattern', 'line_format', 'unwrap'];

function readStage(reader: Reader, at: number): Stage {
  const word = reader.peek().kind === 'word' ? reader.peek().text.toLowerCase() : '';
  if (!known.includes(word) && !unknown.includes(word)) {
    const isName = reader.peek(1).kind === 'sign' && /^[=!<>]/.test(reader.peek(1).text);
    if (word !== '' && !isName)
      reader.fail(
        `the stage ${JSON.stringify(word.slice(0, 50))} is not known, and as a filter it has no comparison`,
        at,
      );
    return { kind: 'filter', filter: readFilter(reader) };
  }
  if (unknown.includes(word))
    reader.fail(
      `the stage ${word} is not known here; known are json, logfmt, regexp, label filters, drop, keep, label_format a=b and decolorize`,
      at,
    );
  reader.take();
  switch (word) {
    case 'json':
    case 'logfmt':
      if (reader.is('-')) reader.fail('flags of logfmt are not known here');
      return { kind: word, fields: readFields(reader) };
    case 'regexp': {
      const { text: value, at: where } = reader.expectKind('string', 'a pattern in quotes');
      const compiled = pattern(reader, value, where);
      if (!/\(\?<[A-Za-z_]/.test(compiled)) reader.fail('a pattern of regexp has no named group', where);
      return { kind: 'regexp', pattern: compiled };
    }
    case 'drop':
    case 'keep':
      return { kind: word, names: readList(reader, () => readNamed(reader)) };
    case 'label_format':
      return { kind: 'rename', pairs: readList(reader, () => readRename(reader)) };
    default:
      return { kind: 'decolorize' };
  }
}

function readList<T>(reader: Reader, one: () => T): T[] {
  const list = [one()];
  while (reader.takes(',')) list.push(one());
  return list;
}

function readFields(reader: Reader): Field[] {
  if (reader.peek().kind !== 'word') return [];
  return readList(reader, () => {
    const label = reader.expectKind('word', 'the name of a label').text;
    return { label, path: reader.takes('=') ? reader.expectKind('string', 'a path in quotes').text : label };
  });
}

function readNamed(reader: Reader): string | Matcher {
  const next = reader.peek(1);
  if (next.kind === 'sign' && matchOps.includes(next.text)) return readMatcher(reader);
  return reader.expectKind('word', 'the name of a label').text;
}

function readRename(reader: Reader): readonly [string, string] {
  const to = reader.expectKind('word', 'the name of a label').text;
  reader.expect('=');
  if (reader.peek().kind === 'string') reader.fail('templates of label_format are not known here; a=b renames b to a');
  return [to, reader.expectKind('word', 'the name of a label').text];
}

/** Loosest first: `or`, then `and`, a comma or nothing. */
function readFilter(reader: Reader): LabelFilter {
  let left = readBoth(reader);
  while (reader.takes('or')) left = { kind: 'or', left, right: readBoth(reader) };
  return left;
}

function readBoth(reader: Reader): LabelFilter {
  let left = readOne(reader);
  while (
    reader.takes('and') ||
    reader.takes(',') ||
    (reader.peek().kind === 'word' && !reader.is('or')) ||
    reader.is('(')
  )
    left = { kind: 'and', left, right: readOne(reader) };
  return left;
}

function readOne(reader: Reader): LabelFilter {
  if (reader.takes('(')) {
    const inner = reader.deeper(() => readFilter(reader));
    reader.expect(')');
    return inner;
  }
  const name = reader.expectKind('word', 'the name of a label').text;
  const { kind, text: op, at } = reader.take();
  if (kind !== 'sign' || !/^(=|!=|=~|!~|==|>|>=|<|<=)$/.test(op)) reader.fail('a comparison should be here', at);
  const value = reader.peek();
  if (value.kind === 'string' && matchOps.includes(op)) {
    reader.take();
    return { kind: 'match', matcher: matcherOf(reader, name, op as Matcher['op'], value.text, value.at) };
  }
  if (op === '=~' || op === '!~') reader.fail('a pattern in quotes should be here');
  const sign = reader.takes('-') ? -1 : 1;
  const { kind: unit, value: size } = reader.peek();
  if (unit !== 'number' && unit !== 'duration' && unit !== 'bytes')
    return reader.fail('a text in quotes, a number, a length of time or a number of bytes should be here');
  reader.take();
  return { kind: 'compare', name, op: op === '=' ? '==' : (op as CompareOp), value: sign * size, unit };
}
