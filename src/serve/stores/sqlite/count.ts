import { valueOf } from '../../query/row.ts';
import type { Count, Selection } from '../../store.ts';
import { filterOf } from './filter.ts';
import { sourceOf } from '../../identity.ts';
import type { Lines, Note, Point, Range } from './lines.ts';
import type { Parts } from './parts.ts';
import { momentOf, span, timeOf } from './place.ts';
import type { Over } from './search.ts';

export interface Counting {
  selection: Selection;
  by: readonly string[];
  step: bigint | undefined;
}

/** The values of the names that were asked for, and as a text. */
interface Values {
  key: string;
  by: Count['by'];
}

/** Lines of one step; `offset` is where one of them lies. */
interface Sum {
  offset: number;
  count: number;
  bytes: number;
}

/** Returns undefined whenever time is over, and at last the counts. */
export function* count(
  { selection, by, step }: Counting,
  parts: Parts,
  lines: Lines,
  keyOf: (id: number) => string,
  over: Over,
): Generator<undefined, Count[]> {
  const filter = filterOf(selection.text);
  const values = new Map<number, Values>();
  const kinds = new Map<string, Values>();
  const valuesOf = (series: number) => {
    let found = values.get(series);
    if (!found) {
      const source = sourceOf(keyOf(series));
      const pairs = by.map((name) => [name, valueOf({ ...source, time: 0n, log: '', metadata: {} }, name)]);
      const key = JSON.stringify(pairs);
      found = kinds.get(key) ?? { key, by: Object.fromEntries(pairs) as Count['by'] };
      kinds.set(key, found);
      values.set(series, found);
    }
    return found;
  };
  const counts = new Map<string, Count>();
  const [from, to] = [momentOf(selection.from), momentOf(selection.to)];
  const note = ({ key, by }: Values, time: bigint, count: number, bytes: number) => {
    const start = step === undefined ? selection.from : floor(time, step);
    const found = counts.get(`${start} ${key}`);
    if (found) {
      found.count += count;
      found.bytes += bytes;
    } else counts.set(`${start} ${key}`, { start, by, count, bytes });
  };
  if (selection.from > selection.to) return [];
  for (let next: number | undefined = from.bucket; next <= to.bucket; next += 1) {
    next = parts.next(next, 'forward', to.bucket);
    if (next === undefined) break;
    const bucket = next;
    const range: Range = {
      low: bucket === from.bucket ? from.offset : 0,
      high: bucket === to.bucket ? to.offset : Number(span) - 1,
    };
    const stepOf = stepIn(bucket, step);
    const isOne = (from: number, to: number) => stepOf(from) === stepOf(to);
    // Numbers first, times at the end of the hour: they cost more.
    const sums = new Map<Values, Map<number, Sum>>();
    for (const part of parts.of(bucket)) {
      if (part.last < range.low || part.first > range.high) continue;
      const whole = part.first >= range.low && part.last <= range.high;
      const values = valuesOf(part.series);
      let steps = sums.get(values);
      if (!steps) sums.set(values, (steps = new Map()));
      const run = createRun(stepOf, steps);
      if (whole && !filter && isOne(part.first, part.last)) run.note(part.first, part.count, part.bytes);
      else {
        let after: Point | undefined = { offset: range.low, seq: -1 };
        while (after) {
          after = lines.count(part, { after, range, filter, isOne, note: run.note });
          if (over()) yield;
        }
      }
      run.end();
      if (over()) yield;
    }
    for (const [values, steps] of sums)
      for (const { offset, count, bytes } of steps.values()) note(values, timeOf({ bucket, offset }), count, bytes);
  }
  return [...counts.values()];
}

/** The number of the step in which an offset of the bucket lies, from any one on. */
function stepIn(bucket: number, step: bigint | undefined): (offset: number) => number {
  if (step === undefined) return () => 0;
  const begin = timeOf({ bucket, offset: 0 });
  const into = begin - floor(begin, step);
  // An hour has one end of such a long step at most.
  if (step > span) return (offset) => (into + BigInt(offset) >= step ? 1 : 0);
  const [before, width] = [Number(into), Number(step)];
  return (offset) => Math.floor((before + offset) / width);
}

/** Adds lines that follow one another in one step as one. */
function createRun(stepOf: (offset: number) => number, sums: Map<number, Sum>): { note: Note; end(): void } {
  let run: Sum = { offset: 0, count: 0, bytes: 0 };
  let step = 0;
  const end = () => {
    const sum = sums.get(step);
    if (sum) {
      sum.count += run.count;
      sum.bytes += run.bytes;
    } else if (run.count > 0) sums.set(step, run);
  };
  return {
    end,
    note(offset, count, bytes) {
      const next = stepOf(offset);
      if (run.count === 0 || next !== step) {
        end();
        step = next;
        run = { offset, count: 0, bytes: 0 };
      }
      run.count += count;
      run.bytes += bytes;
    },
  };
}

const floor = (time: bigint, step: bigint): bigint => time - (((time % step) + step) % step);
