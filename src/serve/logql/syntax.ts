import type { Matcher } from '../store.ts';

/** A query for lines, or for numbers. */
export type Query = LogQuery | Metric;

export interface LogQuery {
  kind: 'log';
  matchers: readonly Matcher[];
  stages: readonly Stage[];
}

export type LineOp = '|=' | '!=' | '|~' | '!~';

export type Stage =
  | { kind: 'line'; op: LineOp; /** With more than one: any of them. */ values: readonly string[] }
  | { kind: 'json' | 'logfmt'; /** Label and path; all that there is if empty. */ fields: readonly Field[] }
  | { kind: 'regexp'; pattern: string }
  | { kind: 'filter'; filter: LabelFilter }
  | { kind: 'drop' | 'keep'; names: readonly (string | Matcher)[] }
  | { kind: 'rename'; pairs: readonly (readonly [to: string, from: string])[] }
  | { kind: 'decolorize' };

export interface Field {
  label: string;
  path: string;
}

export type LabelFilter =
  | { kind: 'match'; matcher: Matcher }
  | { kind: 'compare'; name: string; op: CompareOp; value: number; unit: 'number' | 'duration' | 'bytes' }
  | { kind: 'and' | 'or'; left: LabelFilter; right: LabelFilter };

export type CompareOp = '==' | '!=' | '>' | '>=' | '<' | '<=';

export type Metric =
  | Range
  | { kind: 'aggregate'; op: AggregateOp; parameter: number | undefined; grouping: Grouping | undefined; of: Metric }
  | { kind: 'binary'; op: BinaryOp; bool: boolean; left: Metric; right: Metric }
  | { kind: 'number'; value: number }
  | { kind: 'vector'; value: number };

/** Lines of so long a time before each instant, `offset` earlier. Both in nanoseconds. */
export interface Range {
  kind: 'range';
  op: RangeOp;
  log: LogQuery;
  range: bigint;
  offset: bigint;
}

export interface Grouping {
  without: boolean;
  names: readonly string[];
}

export const rangeOps = ['count_over_time', 'rate', 'bytes_over_time', 'bytes_rate'] as const;
export type RangeOp = (typeof rangeOps)[number];
export const aggregateOps = ['sum', 'avg', 'min', 'max', 'count', 'topk', 'bottomk', 'sort', 'sort_desc'] as const;
export type AggregateOp = (typeof aggregateOps)[number];
/** By how close they bind, the loosest ones first. */
export const binaryOps = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>', '>=', '<', '<='],
  ['+', '-'],
  ['*', '/', '%'],
  ['^'],
] as const;
export type BinaryOp = (typeof binaryOps)[number][number];

/** What is wrong with a query; its text is for its writer. */
export class LogqlError extends Error {}
