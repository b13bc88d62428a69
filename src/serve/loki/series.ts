import { spelt, valueOf, type Labels } from '../logql/names.ts';
import { parse } from '../logql/parse.ts';
import { select, type Context, type Times } from '../logql/select.ts';
import { LogqlError, type LogQuery } from '../logql/syntax.ts';
import { keyOf } from '../logql/vector.ts';
import { valueTest } from '../query/condition.ts';
import { readBounds } from './loki.ts';
import type { World } from '../route.ts';

/** A selector, which may have stages that don't matter; all there is if there is none. */
export function selectorOf(query: string | null): LogQuery {
  if (query === null || query.trim() === '') return { kind: 'log', matchers: [], stages: [] };
  const parsed = parse(query);
  if (parsed.kind !== 'log') throw new LogqlError('only label matchers are supported');
  return { ...parsed, stages: [] };
}

/** The streams that match, by their labels as LogQL spells them. */
export async function streamsOf(query: LogQuery, times: Times, context: Context): Promise<Labels[]> {
  const { selection } = await select(query, times, [], context);
  const tests = query.matchers.map((matcher) => ({ name: matcher.name, test: valueTest(matcher) }));
  const found = new Map<string, Labels>();
  for (const series of await context.store.series(selection, context.signal)) {
    const labels = spelt(series);
    if (tests.every(({ name, test }) => test(valueOf(labels, name)))) found.set(keyOf(labels), labels);
  }
  return [...found.values()];
}

/** The streams that a request of the usual form (`query`, `start`, `end`, `since`) asks for. */
export async function streamsAsked(form: URLSearchParams, world: World, signal: AbortSignal): Promise<Labels[]> {
  const { start, end } = readBounds(form, world, 6n);
  const context = { store: world.store, signal, seen: { lines: 0, bytes: 0 } };
  return streamsOf(selectorOf(form.get('query')), { from: start, to: end }, context);
}
