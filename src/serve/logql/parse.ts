import { readLog, readSelector, readStages } from './parse-log.ts';
import { readerOf, type Reader } from './reader.ts';
import {
  aggregateOps,
  binaryOps,
  rangeOps,
  type AggregateOp,
  type BinaryOp,
  type Grouping,
  type LogQuery,
  type Metric,
  type Query,
  type Range,
  type RangeOp,
} from './syntax.ts';
import type { Matcher } from '../store.ts';

/** Reads a query of LogQL, as far as it is known here. Throws a `LogqlError`. Source: https://grafana.com/docs/loki/latest/query/ */
export function parse(text: string): Query {
  const reader = readerOf(text);
  const query = readQuery(reader, 0);
  end(reader);
  return query;
}

/** Reads a selector alone, as `{app="web"}`. */
export function parseSelector(text: string): Matcher[] {
  const reader = readerOf(text);
  const matchers = readSelector(reader);
  end(reader);
  return matchers;
}

function end(reader: Reader): void {
  const { kind, text } = reader.peek();
  if (kind !== 'end') reader.fail(`${JSON.stringify(text.slice(0, 50))} is not expected`);
}

/** All operators that bind at least as close as this level. */
function readQuery(reader: Reader, level: number): Query {
  if (level >= binaryOps.length) return readOperand(reader);
  const words: readonly string[] = binaryOps[level] ?? [];
  let left = readQuery(reader, level + 1);
  for (;;) {
    const { kind, text, at } = reader.peek();
    const op = text.toLowerCase();
    if ((kind !== 'sign' && kind !== 'word') || !words.includes(op)) return left;
    reader.take();
    const bool = reader.takes('bool');
    for (const word of ['on', 'ignoring', 'group_left', 'group_right'])
      if (reader.is(word)) reader.fail(`${word} is not known here`);
    const power = op === '^';
    const right = reader.deeper(() => readQuery(reader, power ? level : level + 1));
    if (left.kind === 'log' || right.kind === 'log') return reader.fail(`${op} can't join lines of logs`, at);
    left = { kind: 'binary', op: op as BinaryOp, bool, left, right };
  }
}

function readOperand(reader: Reader): Query {
  const { kind, text, at } = reader.peek();
  if (kind === 'number') return { kind: 'number', value: reader.take().value };
  if ((reader.is('-') || reader.is('+')) && reader.peek(1).kind === 'number') {
    reader.take();
    return { kind: 'number', value: (text === '-' ? -1 : 1) * reader.take().value };
  }
  if (reader.is('{')) return readLog(reader);
  if (reader.takes('(')) {
    const inner = reader.deeper(() => readQuery(reader, 0));
    reader.expect(')');
    return inner;
  }
  if (kind !== 'word') return reader.fail('a selector as {app="web"}, or a function should be here');
  const word = text.toLowerCase();
  reader.take();
  if ((rangeOps as readonly string[]).includes(word)) return readRange(reader, word as RangeOp);
  if ((aggregateOps as readonly string[]).includes(word))
    return reader.deeper(() => readAggregate(reader, word as AggregateOp));
  if (word === 'vector') {
    reader.expect('(');
    const { value } = reader.expectKind('number', 'a number');
    reader.expect(')');
    return { kind: 'vector', value };
  }
  const known = [...rangeOps, ...aggregateOps, 'vector'].join(', ');
  return reader.fail(`the function ${JSON.stringify(text.slice(0, 50))} is not known here; known are ${known}`, at);
}

function readRange(reader: Reader, op: RangeOp): Range {
  reader.expect('(');
  const { log, range, offset } = readWindow(reader);
  reader.expect(')');
  if (reader.is('by') || reader.is('without')) reader.fail(`${op} can't be grouped; sum by (…) (${op}(…)) can`);
  return { kind: 'range', op, log, range, offset };
}

/** `{…} |= "a" [5m] offset 1h`; the range may stand before the stages, and parentheses around each. */
function readWindow(reader: Reader): { log: LogQuery; range: bigint; offset: bigint } {
  let range: bigint | undefined;
  let offset = 0n;
  const readTimes = () => {
    if (reader.peek().kind === 'range') {
      if (range !== undefined) reader.fail('a second range');
      range = BigInt(reader.take().value);
    }
    if (range !== undefined && reader.takes('offset')) {
      const sign = reader.takes('-') ? -1n : 1n;
      offset = sign * BigInt(reader.expectKind('duration', 'a length of time').value);
    }
  };
  const readInner = (): LogQuery => {
    if (reader.takes('(')) {
      const inner = reader.deeper(readInner);
      reader.expect(')');
      readTimes();
      return inner;
    }
    const matchers = readSelector(reader);
    readTimes();
    const stages = readStages(reader);
    readTimes();
    return { kind: 'log', matchers, stages };
  };
  const log = readInner();
  if (range === undefined) return reader.fail('a length of time in brackets, as [5m], should be here');
  return { log, range, offset };
}

function readAggregate(reader: Reader, op: AggregateOp): Metric {
  const takesNumber = op === 'topk' || op === 'bottomk';
  let grouping = readGrouping(reader);
  reader.expect('(');
  let parameter: number | undefined;
  if (takesNumber) {
    const { value, at } = reader.expectKind('number', `how many ${op} keeps`);
    if (!Number.isInteger(value) || value < 1) reader.fail(`${op} keeps 1 or more`, at);
    parameter = value;
    reader.expect(',');
  }
  const { at } = reader.peek();
  const of = readQuery(reader, 0);
  if (of.kind === 'log') return reader.fail(`${op} takes numbers, as of count_over_time, and no lines`, at);
  reader.expect(')');
  grouping ??= readGrouping(reader);
  return { kind: 'aggregate', op, parameter, grouping, of };
}

function readGrouping(reader: Reader): Grouping | undefined {
  const without = reader.is('without');
  if (!without && !reader.is('by')) return undefined;
  reader.take();
  reader.expect('(');
  const names: string[] = [];
  while (!reader.is(')')) {
    names.push(reader.expectKind('word', 'the name of a label').text);
    if (!reader.takes(',')) break;
  }
  reader.expect(')');
  return { without, names };
}
