import type { Selection, Series } from '../../store.ts';
import { seriesOf, sourceOf } from '../../identity.ts';
import type { Parts } from './parts.ts';
import { momentOf, timeOf } from './place.ts';
import type { Over } from './search.ts';

/** The series with an entry in the time. Returns undefined whenever time is over. */
export function* listSeries(
  { from, to }: Omit<Selection, 'text'>,
  parts: Parts,
  keyOf: (id: number) => string,
  over: Over,
): Generator<undefined, Series[]> {
  const known = new Set<number>();
  const found = new Map<string, Series>();
  const end = momentOf(to).bucket;
  for (let next: number | undefined = momentOf(from).bucket; next <= end; next += 1) {
    next = parts.next(next, 'forward', end);
    if (next === undefined) break;
    const bucket = next;
    for (const { series, first, last } of parts.of(bucket)) {
      if (known.has(series)) continue;
      if (timeOf({ bucket, offset: last }) < from || timeOf({ bucket, offset: first }) > to) continue;
      known.add(series);
      const one = seriesOf(sourceOf(keyOf(series)));
      found.set(JSON.stringify(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))), one);
    }
    if (over()) yield;
  }
  return [...found.values()];
}
