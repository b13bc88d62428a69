import { valueOf } from '../../query/row.ts';
import type { Count, Selection } from '../../store.ts';
import { bare, filterOf } from './filter.ts';
import { sourceOf } from '../../identity.ts';
import type { Line, Point, Range, ReadLines } from './lines.ts';
import type { Part, Parts } from './parts.ts';
import { momentOf, span, timeOf } from './place.ts';
import type { Over } from './search.ts';

export interface Counting {
  selection: Selection;
  by: readonly string[];
  step: bigint | undefined;
}

const size = 4096;

/** Returns undefined whenever time is over, and at last the counts. */
export function* count(
  { selection, by, step }: Counting,
  parts: Parts,
  lines: ReadLines,
  keyOf: (id: number) => string,
  over: Over,
): Generator<undefined, Count[]> {
  const filter = selection.text.length === 0 ? bare : filterOf(selection.text);
  const values = new Map<number, { key: string; by: Count['by'] }>();
  const valuesOf = (series: number) => {
    let found = values.get(series);
    if (!found) {
      const source = sourceOf(keyOf(series));
      const pairs = by.map((name) => [name, valueOf({ ...source, time: 0n, log: '', metadata: {} }, name)]);
      found = { key: JSON.stringify(pairs), by: Object.fromEntries(pairs) as Count['by'] };
      values.set(series, found);
    }
    return found;
  };
  const counts = new Map<string, Count>();
  const [from, to] = [momentOf(selection.from), momentOf(selection.to)];
  const note = (part: Part, offset: number, count: number, bytes: number) => {
    if (count === 0) return;
    const start = step === undefined ? selection.from : floor(timeOf({ ...part, offset }), step);
    const { key, by } = valuesOf(part.series);
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
    for (const part of parts.of(bucket)) {
      if (part.last < range.low || part.first > range.high) continue;
      const whole = part.first >= range.low && part.last <= range.high;
      const stepOf = (offset: number) => (step === undefined ? 0n : floor(timeOf({ bucket, offset }), step));
      if (whole && filter === bare && stepOf(part.first) === stepOf(part.last))
        note(part, part.first, part.count, part.bytes);
      else {
        let after: Point | undefined = { offset: range.low, seq: -1 };
        while (after) {
          const chunk = lines(part, { direction: 'forward', after, range, size, filter });
          for (const { offset, count, bytes } of runs(chunk.lines, stepIn(bucket, step)))
            note(part, offset, count, bytes);
          after = chunk.end;
          if (over()) yield;
        }
      }
      if (over()) yield;
    }
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

/** Lines that follow one another in one step, as one. */
function* runs(lines: readonly Line[], stepOf: (offset: number) => number) {
  let run: { offset: number; count: number; bytes: number } | undefined;
  let step = 0;
  for (const { offset, bytes } of lines) {
    const next = stepOf(offset);
    if (run && next === step) {
      run.count += 1;
      run.bytes += bytes;
      continue;
    }
    if (run) yield run;
    run = { offset, count: 1, bytes };
    step = next;
  }
  if (run) yield run;
}

const floor = (time: bigint, step: bigint): bigint => time - (((time % step) + step) % step);
