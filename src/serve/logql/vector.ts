import { sorted } from './line.ts';
import { define, valueOf, type Labels } from './names.ts';
import { compare } from './stages.ts';
import { LogqlError, type AggregateOp, type BinaryOp, type CompareOp, type Grouping } from './syntax.ts';

/** The values of one series at each instant; NaN where it has none. */
export interface Sample {
  labels: Readonly<Labels>;
  values: Float64Array;
}

export type Value = { kind: 'scalar'; value: number } | { kind: 'vector'; samples: Sample[] };

export const keyOf = (labels: Readonly<Labels>) => JSON.stringify(Object.entries(labels));

/** The labels that a grouping leaves; all others are gone. */
export function groupOf(labels: Readonly<Labels>, grouping: Grouping | undefined): Labels {
  if (!grouping) return {};
  if (grouping.without) {
    const left: Labels = {};
    for (const [name, value] of Object.entries(labels)) if (!grouping.names.includes(name)) define(left, name, value);
    return left;
  }
  const left: Labels = {};
  for (const name of grouping.names) define(left, name, valueOf(labels, name));
  return sorted(left);
}

export function aggregate(
  op: AggregateOp,
  parameter: number | undefined,
  grouping: Grouping | undefined,
  samples: readonly Sample[],
): Sample[] {
  if (op === 'sort' || op === 'sort_desc') {
    const sign = op === 'sort' ? 1 : -1;
    return samples.toSorted((a, b) => sign * ((a.values[0] ?? 0) - (b.values[0] ?? 0)));
  }
  const groups = new Map<string, { labels: Readonly<Labels>; members: Sample[] }>();
  for (const sample of samples) {
    const labels = groupOf(sample.labels, grouping);
    const key = keyOf(labels);
    const group = groups.get(key) ?? { labels, members: [] };
    group.members.push(sample);
    groups.set(key, group);
  }
  if (op === 'topk' || op === 'bottomk')
    return [...groups.values()].flatMap(({ members }) => extremes(members, parameter ?? 1, op === 'topk' ? -1 : 1));
  return [...groups.values()].map(({ labels, members }) => ({ labels, values: combine(op, members) }));
}

function combine(op: AggregateOp, members: readonly Sample[]): Float64Array {
  const steps = members[0]?.values.length ?? 0;
  const values = new Float64Array(steps).fill(Number.NaN);
  const counts = new Float64Array(steps);
  for (const member of members)
    for (let step = 0; step < steps; step += 1) {
      const one = member.values[step] ?? Number.NaN;
      if (Number.isNaN(one)) continue;
      const before = values[step] ?? Number.NaN;
      counts[step] = (counts[step] ?? 0) + 1;
      if (Number.isNaN(before)) values[step] = one;
      else if (op === 'min') values[step] = Math.min(before, one);
      else if (op === 'max') values[step] = Math.max(before, one);
      else values[step] = before + one;
    }
  if (op === 'count') return counts.map((count) => (count === 0 ? Number.NaN : count));
  return op === 'avg' ? values.map((sum, step) => sum / (counts[step] ?? 1)) : values;
}

/** At each instant the values of those that are among the most extreme ones. */
function extremes(members: readonly Sample[], count: number, sign: 1 | -1): Sample[] {
  const steps = members[0]?.values.length ?? 0;
  const kept = members.map(() => new Float64Array(steps).fill(Number.NaN));
  for (let step = 0; step < steps; step += 1) {
    const there = members
      .map(({ values }, index) => ({ index, value: values[step] ?? Number.NaN }))
      .filter(({ value }) => !Number.isNaN(value))
      .toSorted((a, b) => sign * (a.value - b.value) || a.index - b.index);
    for (const { index, value } of there.slice(0, count)) {
      const values = kept[index];
      if (values) values[step] = value;
    }
  }
  const made = members.map(({ labels }, index) => ({ labels, values: kept[index] ?? new Float64Array(0) }));
  const some = made.filter(({ values }) => values.some((value) => !Number.isNaN(value)));
  return steps === 1 ? some.toSorted((a, b) => sign * ((a.values[0] ?? 0) - (b.values[0] ?? 0))) : some;
}

export function binary(op: BinaryOp, bool: boolean, left: Value, right: Value): Value {
  if (op === 'and' || op === 'or' || op === 'unless') {
    if (left.kind === 'scalar' || right.kind === 'scalar') throw new LogqlError(`${op} takes no number`);
    return { kind: 'vector', samples: join(op, left.samples, right.samples) };
  }
  if (left.kind === 'scalar' && right.kind === 'scalar')
    return { kind: 'scalar', value: apply(op, true, left.value, right.value, left.value) };
  const work = (a: Float64Array | number, b: Float64Array | number, kept: Float64Array) =>
    kept.map((keep, step) => apply(op, bool, at(a, step), at(b, step), keep));
  if (left.kind === 'scalar' && right.kind === 'vector') {
    const { value } = left;
    return vectorOf(right.samples.map(({ labels, values }) => ({ labels, values: work(value, values, values) })));
  }
  if (left.kind !== 'vector') return left;
  if (right.kind === 'scalar')
    return vectorOf(left.samples.map(({ labels, values }) => ({ labels, values: work(values, right.value, values) })));
  const others = new Map(right.samples.map((sample) => [keyOf(sample.labels), sample.values]));
  return vectorOf(
    left.samples.flatMap(({ labels, values }) => {
      const other = others.get(keyOf(labels));
      return other ? [{ labels, values: work(values, other, values) }] : [];
    }),
  );
}

const vectorOf = (samples: Sample[]): Value => ({ kind: 'vector', samples });
const at = (values: Float64Array | number, step: number) =>
  typeof values === 'number' ? values : (values[step] ?? Number.NaN);

/** A comparison keeps the value where it holds; with `bool` it is 1 or 0. */
function apply(op: BinaryOp, bool: boolean, a: number, b: number, keep: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return a ** b;
    default: {
      const holds = compare(op as CompareOp, a, b);
      return bool ? Number(holds) : holds ? keep : Number.NaN;
    }
  }
}

function join(op: 'and' | 'or' | 'unless', left: readonly Sample[], right: readonly Sample[]): Sample[] {
  const others = new Map(right.map((sample) => [keyOf(sample.labels), sample]));
  const made = left.map(({ labels, values }) => {
    const other = others.get(keyOf(labels));
    others.delete(keyOf(labels));
    const merged = values.map((value, step) => {
      const there = at(other?.values ?? Number.NaN, step);
      if (op === 'or') return Number.isNaN(value) ? there : value;
      return Number.isNaN(there) === (op === 'unless') ? value : Number.NaN;
    });
    return { labels, values: merged };
  });
  return op === 'or' ? [...made, ...others.values()] : made;
}
