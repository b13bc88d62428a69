import { formatDuration } from '../query/duration.ts';
import type { Matcher } from '../store.ts';
import type { Grouping, LabelFilter, LogQuery, Query, Stage } from './syntax.ts';

/** A query as text, which `parse` reads as the same one. */
export function print(query: Query): string {
  switch (query.kind) {
    case 'log':
      return printLog(query);
    case 'range': {
      const offset = query.offset === 0n ? '' : ` offset ${time(query.offset)}`;
      return `${query.op}(${printLog(query.log)} [${formatDuration(query.range)}]${offset})`;
    }
    case 'aggregate': {
      const { op, parameter, grouping, of } = query;
      return `${op}${printGrouping(grouping)}(${parameter === undefined ? '' : `${parameter}, `}${print(of)})`;
    }
    case 'binary':
      return `(${print(query.left)} ${query.op}${query.bool ? ' bool' : ''} ${print(query.right)})`;
    case 'vector':
      return `vector(${query.value})`;
    default:
      return String(query.value);
  }
}

const time = (length: bigint) => (length < 0n ? `-${formatDuration(-length)}` : formatDuration(length));

const printLog = ({ matchers, stages }: LogQuery) =>
  [`{${matchers.map(printMatcher).join(', ')}}`, ...stages.map(printStage)].join(' ');

/** JSON escapes what Go's literals do, in a way that they read. */
const quote = (text: string) => JSON.stringify(text);

const printMatcher = ({ name, op, value }: Matcher) => `${name}${op}${quote(value)}`;

function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line':
      return `${stage.op} ${stage.values.map(quote).join(' or ')}`;
    case 'json':
    case 'logfmt':
      return `| ${[stage.kind, stage.fields.map(({ label, path }) => `${label}=${quote(path)}`).join(', ')].join(' ').trim()}`;
    case 'regexp':
      return `| regexp ${quote(stage.pattern)}`;
    case 'filter':
      return `| ${printFilter(stage.filter)}`;
    case 'rename':
      return `| label_format ${stage.pairs.map(([to, from]) => `${to}=${from}`).join(', ')}`;
    case 'decolorize':
      return '| decolorize';
    default:
      return `| ${stage.kind} ${stage.names.map((one) => (typeof one === 'string' ? one : printMatcher(one))).join(', ')}`;
  }
}

function printFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'match':
      return printMatcher(filter.matcher);
    case 'compare': {
      const { name, op, value, unit } = filter;
      const size = unit === 'duration' ? time(BigInt(value)) : `${value}${unit === 'bytes' ? 'B' : ''}`;
      return `${name} ${op} ${size}`;
    }
    default:
      return `(${printFilter(filter.left)} ${filter.kind} ${printFilter(filter.right)})`;
  }
}

const printGrouping = (grouping: Grouping | undefined) =>
  grouping ? ` ${grouping.without ? 'without' : 'by'} (${grouping.names.join(', ')}) ` : '';
