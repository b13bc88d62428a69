import { setImmediate as turn } from 'node:timers/promises';
import { valueTest } from '../query/condition.ts';
import type { Found, Selection, Store } from '../store.ts';
import { createLines, get, type Line } from './line.ts';
import { isAmbiguous, resolveAll, vocabularyOf, type Vocabulary } from './names.ts';
import { divide, type Step } from './stages.ts';
import type { LogQuery } from './syntax.ts';

/** What a query works with. */
export interface Context {
  store: Store;
  signal: AbortSignal;
  /** What was looked at, for the statistics. */
  seen: { lines: number; bytes: number };
}

export interface Times {
  from: bigint;
  to: bigint;
}

/** A query for lines, taken apart: what the store looks at, and what is done with each line that it gives. */
export interface Selected {
  selection: Selection;
  steps: readonly Step[];
  vocabulary: Vocabulary;
}

/** So many lines are looked at before other work gets its turn. */
const stint = 500;

/** `names` are further ones that the query speaks of, as those of groupings. */
export async function select(
  { matchers, stages }: LogQuery,
  times: Times,
  names: readonly string[],
  { store, signal }: Context,
): Promise<Selected> {
  // Only a name that may stand for another one needs a look at what there is.
  const ambiguous = [...matchers.map(({ name }) => name), ...names].some(isAmbiguous);
  const vocabulary = vocabularyOf(ambiguous ? await store.series({ ...times, series: [] }, signal) : []);
  const { series, rest } = resolveAll(matchers, vocabulary);
  const { text, steps } = divide(stages);
  const tests = rest.map((matcher): Step => {
    const test = valueTest(matcher);
    return (line) => test(get(line, matcher.name));
  });
  return { selection: { ...times, series, text }, steps: [...tests, ...steps], vocabulary };
}

/** The lines that are left after all stages. */
export async function* lines(
  { selection, steps }: Selected,
  direction: 'forward' | 'backward',
  { store, signal, seen }: Context,
): AsyncGenerator<{ found: Found; line: Line }> {
  const lineOf = createLines();
  for await (const found of store.search({ ...selection, direction }, signal)) {
    const line = lineOf(found);
    seen.lines += 1;
    seen.bytes += found.log.length;
    if (steps.every((step) => step(line))) yield { found, line };
    if (seen.lines % stint > 0) continue;
    await turn();
    signal.throwIfAborted();
  }
}
