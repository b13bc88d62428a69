import { fields } from '../query/row.ts';
import type { Entry, Matcher, Series } from '../store.ts';

export type Labels = Record<string, string>;

/** A name as LogQL can spell it: `app.kubernetes.io/name` is `app_kubernetes_io_name`. */
export const spell = (name: string) => name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** The labels of an entry's stream. Of two that are spelt alike the first one in the alphabet counts. */
export function streamOf(entry: Entry): Labels {
  const labels: Labels = {};
  for (const name of Object.keys(entry.labels).toSorted()) put(labels, name, entry.labels[name] ?? '');
  for (const [name, field] of Object.entries(fields)) if (entry[field] !== '') labels[name] = entry[field];
  return labels;
}

export function spelt(series: Series): Labels {
  const labels: Labels = {};
  for (const name of Object.keys(series).toSorted()) put(labels, name, series[name] ?? '');
  for (const name of Object.keys(fields)) if (Object.hasOwn(series, name)) labels[name] = series[name] ?? '';
  return labels;
}

function put(labels: Labels, name: string, value: string): void {
  const known = spell(name);
  if (value !== '' && known !== '' && !Object.hasOwn(labels, known)) define(labels, known, value);
}

/** Sets a label, whatever its name is. */
export function define(labels: Labels, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(labels, name, { value, enumerable: true, configurable: true, writable: true });
  else labels[name] = value;
}

export const valueOf = (labels: Readonly<Labels>, name: string) =>
  Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';

/** The names that a store may know under each spelling. */
export type Vocabulary = ReadonlyMap<string, readonly string[]>;

export function vocabularyOf(all: readonly Series[]): Vocabulary {
  const known = new Map<string, string[]>();
  for (const name of new Set(all.flatMap((series) => Object.keys(series)))) {
    const spelling = spell(name);
    known.set(spelling, [...(known.get(spelling) ?? []), name]);
  }
  return known;
}

/** True if the name may stand for another one, so that a vocabulary is needed. */
export const isAmbiguous = (name: string) => name.includes('_') && !Object.hasOwn(fields, name);

/** The one name that is meant by a spelling; undefined if there are several. */
export function resolve(name: string, vocabulary: Vocabulary): string | undefined {
  if (Object.hasOwn(fields, name)) return name;
  const [first, ...more] = vocabulary.get(name) ?? [name];
  return more.length > 0 ? undefined : first;
}

/** What a store can look at, by its own names, and what is to be looked at by spelling. */
export function resolveAll(
  matchers: readonly Matcher[],
  vocabulary: Vocabulary,
): { series: Matcher[]; rest: Matcher[] } {
  const series: Matcher[] = [];
  const rest: Matcher[] = [];
  for (const matcher of matchers) {
    const name = resolve(matcher.name, vocabulary);
    if (name === undefined) rest.push(matcher);
    else series.push({ ...matcher, name });
  }
  return { series, rest };
}
