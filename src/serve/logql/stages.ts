import { textTest, valueTest } from '../query/condition.ts';
import { parseDuration } from '../query/duration.ts';
import { literally } from '../query/pattern.ts';
import type { TextFilter } from '../store.ts';
import { parseBytes } from './lexer.ts';
import { get, has, remove, spoil, type Line } from './line.ts';
import { define } from './names.ts';
import { json, logfmt, regexp } from './parsers.ts';
import type { CompareOp, LabelFilter, Stage } from './syntax.ts';

/** Changes a line, or says with `false` that it is left out. */
export type Step = (line: Line) => boolean;

/** What a store can look at of the stages, and the others. */
export function divide(stages: readonly Stage[]): { text: TextFilter[]; steps: Step[]; rest: readonly Stage[] } {
  const text: TextFilter[] = [];
  const rest: Stage[] = [];
  let changed = false;
  for (const stage of stages) {
    const filters = stage.kind === 'line' && !changed ? filtersOf(stage) : undefined;
    if (filters) text.push(...filters);
    else if (rest.length > 0 || !dropsErrors(stage)) rest.push(stage);
    changed ||= stage.kind === 'decolorize';
  }
  return { text, steps: rest.map(stepOf), rest };
}

/** Grafana's histogram of lines drops errors that no stage has made. */
const dropsErrors = (stage: Stage) =>
  stage.kind === 'drop' && stage.names.every((name) => name === '__error__' || name === '__error_details__');

/** Any of several texts is one pattern; none of them is each of them not. */
function filtersOf({ op, values }: Stage & { kind: 'line' }): TextFilter[] | undefined {
  if (op === '!=' || op === '!~') return values.map((value) => ({ op, value }));
  const [value = ''] = values;
  if (values.length === 1) return [{ op, value }];
  const joined = values.map((one) => (op === '|=' ? literally(one) : `(?:${one})`)).join('|');
  return joined.length > 900 ? undefined : [{ op: '|~', value: joined }];
}

function stepOf(stage: Stage): Step {
  switch (stage.kind) {
    case 'line': {
      const tests = stage.values.map((value) => textTest({ op: stage.op, value }));
      const any = stage.op === '|=' || stage.op === '|~';
      return ({ log }) => (any ? tests.some((test) => test(log)) : tests.every((test) => test(log)));
    }
    case 'json':
      return always(json(stage.fields));
    case 'logfmt':
      return always(logfmt(stage.fields));
    case 'regexp':
      return always(regexp(stage.pattern));
    case 'filter':
      return filterOf(stage.filter);
    case 'rename':
      return always((line) => {
        for (const [to, from] of stage.pairs) {
          const value = get(line, from);
          if (value === '') continue;
          remove(line, from);
          remove(line, to);
          define(line.parsed, to, value);
        }
      });
    case 'decolorize':
      return always((line) => {
        line.log = line.log.replaceAll(colours, '');
      });
    default:
      return always(picker(stage));
  }
}

// What terminals take for colours. Source: https://en.wikipedia.org/wiki/ANSI_escape_code#CSI
// eslint-disable-next-line no-control-regex
const colours = /\u001b\[[0-9;]*[A-Za-z]/g;

const always =
  (work: (line: Line) => void): Step =>
  (line) => {
    work(line);
    return true;
  };

function picker({ kind, names }: Stage & { kind: 'drop' | 'keep' }): (line: Line) => void {
  const tests = names.map((one) =>
    typeof one === 'string' ? { name: one, test: () => true } : { name: one.name, test: valueTest(one) },
  );
  const picks = (line: Line, name: string) => tests.some((one) => one.name === name && one.test(get(line, name)));
  return (line) => {
    for (const name of Object.keys({ ...line.stream, ...line.metadata, ...line.parsed })) {
      const own = name === '__error__' || name === '__error_details__';
      if (kind === 'drop' ? picks(line, name) : !own && !picks(line, name)) remove(line, name);
      if (kind === 'drop' && name === '__error__' && !has(line, name)) remove(line, '__error_details__');
    }
  };
}

function filterOf(filter: LabelFilter): Step {
  if (filter.kind === 'match') {
    const test = valueTest(filter.matcher);
    return (line) => test(get(line, filter.matcher.name));
  }
  if (filter.kind !== 'compare') {
    const left = filterOf(filter.left);
    const right = filterOf(filter.right);
    return filter.kind === 'and' ? (line) => left(line) && right(line) : (line) => left(line) || right(line);
  }
  const { name, op, value, unit } = filter;
  return (line) => {
    if (!has(line, name)) return false;
    const text = get(line, name);
    const found = numberOf(text, unit);
    if (found !== undefined) return compare(op, found, value);
    // The line goes on, marked, so that nobody takes it for one that was compared.
    spoil(line, 'LabelFilterErr', `${JSON.stringify(text.slice(0, 100))} is no ${unit}`);
    return true;
  };
}

function numberOf(text: string, unit: 'number' | 'duration' | 'bytes'): number | undefined {
  if (unit === 'bytes') return parseBytes(text.trim()) ?? numberOf(text, 'number');
  if (unit === 'number') return text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
  const negative = text.startsWith('-');
  const length = parseDuration(negative ? text.slice(1) : text);
  return length === undefined ? undefined : Number(negative ? -length : length);
}

export function compare(op: CompareOp, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '<':
      return left < right;
    default:
      return left <= right;
  }
}
