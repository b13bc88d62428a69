import type { Count, Series } from '../store.ts';
import { get, labelsOf, sorted, type Line } from './line.ts';
import { resolve, spelt, type Labels } from './names.ts';
import { lines, select, type Context, type Selected } from './select.ts';
import { LogqlError, type Grouping, type Range } from './syntax.ts';
import { groupOf, keyOf, type Sample } from './vector.ts';

/** The instants of an answer: times in nanoseconds since 1970. */
export interface Instants {
  start: bigint;
  step: bigint;
  count: number;
}

/** Lines that are looked at one by one; of more, those of a step are counted by the store. */
const few = 50_000;
/** Lines among which a name is looked for that no series has. */
const sample = 1000;
/** Steps that the store is asked for at once. */
const mostSteps = 20_000;
/** Numbers of one answer; more would take more memory than one question may. */
const mostNumbers = 5_000_000;
const mostSeries = 20_000;

/**
 * The values of a range at each instant. `sum` tells how they are going to be summed up, if they are: then they are summed
 * up right away, which no series that isn't asked for has to be kept for.
 */
export async function range(
  query: Range,
  sum: { grouping: Grouping | undefined } | undefined,
  instants: Instants,
  context: Context,
): Promise<Sample[]> {
  const { start, step, count } = instants;
  const first = start - query.offset;
  const times = { from: first - query.range + 1n, to: first + BigInt(count - 1) * step };
  const names = sum?.grouping?.names ?? [];
  const selected = await select(query.log, times, names, context);
  const table = createTable(query, { start: first, step, count });
  const by = selected.steps.length > 0 ? undefined : await namesFor(sum, selected, context);
  const grid = gcd(gcd(step, query.range), first);
  if (by && count === 1) {
    const counts = await context.store.count(selected.selection, by, undefined, context.signal);
    for (const one of counts) table.add(labelsFor(one.by, sum), first, first, one.count, one.bytes);
    return finish(table, counts, context);
  }
  if (by && (times.to - times.from) / grid <= BigInt(mostSteps) && (await isMuch(selected, context))) {
    const counts = await context.store.count(selected.selection, by, grid, context.signal);
    for (const one of counts)
      table.add(labelsFor(one.by, sum), one.start + grid, one.start + query.range, one.count, one.bytes);
    return finish(table, counts, context);
  }
  const groupFor = createGroups(sum);
  for await (const { found, line } of lines(selected, 'forward', context)) {
    const error = get(line, '__error__');
    if (error !== '')
      throw new LogqlError(
        `pipeline error: ${error} (${get(line, '__error_details__')}); | __error__="" leaves out such lines`,
      );
    table.add(groupFor(line), found.time, found.time + query.range - 1n, 1, Buffer.byteLength(line.log));
  }
  return table.samples();
}

interface Group {
  key: string;
  labels: Readonly<Labels>;
}

const groupOfLabels = (labels: Readonly<Labels>): Group => ({ key: keyOf(labels), labels });

/** The group of a line; what is the same for many lines is made once. */
function createGroups(sum: Sum): (line: Line) => Group {
  const { grouping } = sum ?? {};
  if (sum && !grouping) {
    const whole = groupOfLabels({});
    return () => whole;
  }
  if (grouping && !grouping.without) {
    const { names } = grouping;
    const known = new Map<string, Group>();
    return (line) => {
      const values = names.map((name) => get(line, name));
      const key = JSON.stringify(values);
      let group = known.get(key);
      if (!group) {
        group = groupOfLabels(groupOf(Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])), grouping));
        if (known.size < mostSeries) known.set(key, group);
      }
      return group;
    };
  }
  // Metadata of single lines make no series of their own, but a grouping may name them.
  const known = new WeakMap<object, Group>();
  return (line) => {
    const labels = labelsOf(line, false);
    let group = known.get(labels);
    if (!group) {
      group = groupOfLabels(groupOf(labels, grouping ?? { without: true, names: [] }));
      known.set(labels, group);
    }
    return group;
  };
}

type Sum = { grouping: Grouping | undefined } | undefined;

/** The names by which the store is to count; undefined if it can't. */
async function namesFor(sum: Sum, selected: Selected, context: Context): Promise<string[] | undefined> {
  const { grouping } = sum ?? {};
  if (sum && !grouping) return [];
  const series = await context.store.series(selected.selection, context.signal);
  const there = [...new Set(series.flatMap((one) => Object.keys(one)))];
  if (!grouping || grouping.without) return there;
  const names = grouping.names.map((name) => resolve(name, selected.vocabulary));
  if (!names.every((name) => name !== undefined)) return undefined;
  const absent = names.filter((name) => !there.includes(name));
  if (absent.length === 0) return names;
  // A name that no series has may be one of single lines, which the store can't count by.
  if (!(await isMuch(selected, context)) || (await haveLines(absent, selected, context))) return undefined;
  return names.filter((name) => there.includes(name));
}

/** Whether any of the newest lines has one of the names. */
async function haveLines(names: readonly string[], selected: Selected, context: Context): Promise<boolean> {
  let left = sample;
  for await (const { line } of lines(selected, 'backward', { ...context, seen: { lines: 0, bytes: 0 } })) {
    if (names.some((name) => Object.hasOwn(line.metadata, name))) return true;
    left -= 1;
    if (left === 0) break;
  }
  return false;
}

/** The group of what the store has counted. */
function labelsFor(by: Series, sum: Sum): Group {
  const labels = sorted(spelt(by));
  if (!sum) return groupOfLabels(labels);
  const { grouping } = sum;
  return groupOfLabels(groupOf(labels, grouping));
}

async function isMuch({ selection }: Selected, { store, signal }: Context): Promise<boolean> {
  const counts = await store.count(selection, [], undefined, signal);
  return counts.reduce((sum, { count }) => sum + count, 0) > few;
}

function finish(table: ReturnType<typeof createTable>, counts: readonly Count[], { seen }: Context): Sample[] {
  for (const { count, bytes } of counts) {
    seen.lines += count;
    seen.bytes += bytes;
  }
  return table.samples();
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));

/** What happens at one instant is kept as a change from the one before: so a line costs the same for any range. */
function createTable({ op, range: length }: Range, { start, step, count }: Instants) {
  const rows = new Map<string, { labels: Readonly<Labels>; counts: Float64Array; bytes: Float64Array }>();
  const seconds = Number(length) / 1e9;
  const ceil = (time: bigint) => (time <= start ? 0n : (time - start + step - 1n) / step);
  return {
    /** Belongs to all instants between the two. */
    add({ key, labels }: Group, from: bigint, to: bigint, lines: number, bytes: number): void {
      const first = ceil(from);
      if (to < start || first >= BigInt(count)) return;
      const last = (to - start) / step;
      if (last < first) return;
      let row = rows.get(key);
      if (!row) {
        if (rows.size >= mostSeries || (rows.size + 1) * (count + 1) > mostNumbers)
          throw new LogqlError(
            `more than ${rows.size} series at ${count} instants; a sum, or a longer step, makes them fewer`,
          );
        row = { labels, counts: new Float64Array(count + 1), bytes: new Float64Array(count + 1) };
        rows.set(key, row);
      }
      const [low, high] = [Number(first), last >= BigInt(count) ? count : Number(last) + 1];
      row.counts[low] = (row.counts[low] ?? 0) + lines;
      row.counts[high] = (row.counts[high] ?? 0) - lines;
      row.bytes[low] = (row.bytes[low] ?? 0) + bytes;
      row.bytes[high] = (row.bytes[high] ?? 0) - bytes;
    },
    samples: (): Sample[] =>
      [...rows.values()].map(({ labels, counts, bytes }) => {
        const values = new Float64Array(count);
        let [lines, size] = [0, 0];
        for (let index = 0; index < count; index += 1) {
          lines += counts[index] ?? 0;
          size += bytes[index] ?? 0;
          const total = op === 'count_over_time' || op === 'rate' ? lines : size;
          values[index] = lines === 0 ? Number.NaN : op === 'rate' || op === 'bytes_rate' ? total / seconds : total;
        }
        return { labels, values };
      }),
  };
}
