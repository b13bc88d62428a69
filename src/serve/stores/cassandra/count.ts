import { textTest } from '../../query/condition.ts';
import { valueOf } from '../../query/row.ts';
import type { Count, Selection } from '../../store.ts';
import type { Source } from '../../identity.ts';
import { floor } from './place.ts';
import { pieces } from './read.ts';
import type { Shelf } from './register.ts';
import { hoursOf, inBounds, type Reader } from './search.ts';

/** Partitions that are read at once for one question. */
const parallel = 16;

/** Counts as the lines go by: without a condition on the text only their sizes are asked for. */
export async function count(
  reader: Reader,
  selection: Selection,
  by: readonly string[],
  step: bigint | undefined,
  signal: AbortSignal,
): Promise<Count[]> {
  const tests = selection.text.map(textTest);
  const counts = new Map<string, Count>();
  const range = { ...inBounds(selection), direction: 'forward' } as const;
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const one = async (begin: bigint, shelf: Shelf) => {
    const values = valuesOf(shelf.source, by);
    const key = JSON.stringify(values);
    const reading = { begin, ...range, whole: tests.length > 0, page: 500 };
    const next = pieces(reader.session, reader.gate, shelf, reading, both);
    for (let lines = await next(); lines; lines = await next()) {
      for (const { time, log, size } of lines) {
        if (!tests.every((test) => test(log))) continue;
        const start = step === undefined ? selection.from : floor(time, step);
        const place = `${start} ${key}`;
        const known = counts.get(place);
        if (known) {
          known.count += 1;
          known.bytes += size;
        } else counts.set(place, { start, by: values, count: 1, bytes: size });
      }
    }
  };
  for await (const { begin, shelves } of hoursOf(reader.register, range, selection.series, signal)) {
    const rest = shelves.values();
    const work = async () => {
      for (const shelf of rest) await one(begin, shelf);
    };
    try {
      await Promise.all(Array.from({ length: Math.min(parallel, shelves.length) }, work));
    } catch (error) {
      failed.abort();
      throw error;
    }
  }
  signal.throwIfAborted();
  return [...counts.values()].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

const valuesOf = (source: Source, by: readonly string[]): Record<string, string> =>
  Object.fromEntries(by.map((name) => [name, valueOf({ ...source, time: 0n, log: '', metadata: {} }, name)]));
