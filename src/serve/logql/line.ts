import { define, spell, streamOf, valueOf, type Labels } from './names.ts';
import type { Entry } from '../store.ts';

/** One line on its way through the stages of a query. */
export interface Line {
  log: string;
  stream: Labels;
  metadata: Labels;
  /** What stages have found in the text. */
  parsed: Labels;
}

export function lineOf(entry: Entry): Line {
  const metadata: Labels = {};
  for (const [name, value] of Object.entries(entry.metadata)) define(metadata, spell(name), value);
  return { log: entry.log, stream: streamOf(entry), metadata, parsed: {} };
}

/** What a filter or a grouping sees under this name; empty where there is nothing. */
export const get = ({ parsed, stream, metadata }: Line, name: string) =>
  valueOf(parsed, name) || valueOf(stream, name) || valueOf(metadata, name);

export const has = ({ parsed, stream, metadata }: Line, name: string) =>
  Object.hasOwn(parsed, name) || Object.hasOwn(stream, name) || Object.hasOwn(metadata, name);

/** Adds what a parser has found; the labels of the stream keep their names, and the first one found wins. */
export function add(line: Line, key: string, value: string): void {
  const name = spell(key.trim());
  if (name === '') return;
  const own = Object.hasOwn(line.stream, name) || Object.hasOwn(line.metadata, name) ? `${name}_extracted` : name;
  if (!Object.hasOwn(line.parsed, own)) define(line.parsed, own, value);
}

/** What went wrong with a line; the first one stays. */
export function spoil(line: Line, kind: string, detail: string): void {
  if (Object.hasOwn(line.parsed, '__error__')) return;
  line.parsed['__error__'] = kind;
  line.parsed['__error_details__'] = detail;
}

export function remove(line: Line, name: string): void {
  for (const labels of [line.parsed, line.stream, line.metadata]) delete labels[name];
}

/** All labels of a line, sorted by name. */
export function labelsOf({ stream, metadata, parsed }: Line, withMetadata: boolean): Labels {
  const all: Labels = {};
  for (const labels of [withMetadata ? metadata : {}, stream, parsed])
    for (const [name, value] of Object.entries(labels)) define(all, name, value);
  return sorted(all);
}

export function sorted(labels: Labels): Labels {
  const made: Labels = {};
  for (const name of Object.keys(labels).toSorted()) {
    const value = valueOf(labels, name);
    if (value !== '') define(made, name, value);
  }
  return made;
}
