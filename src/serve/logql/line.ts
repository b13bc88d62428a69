import { isSameSeries } from '../query/row.ts';
import type { Entry } from '../store.ts';
import { define, spell, streamOf, valueOf, type Labels } from './names.ts';

/** One line on its way through the stages of a query. */
export interface Line {
  log: string;
  /** Many lines have the same ones: never changed in place. */
  stream: Readonly<Labels>;
  metadata: Readonly<Labels>;
  /** What stages have found in the text. */
  parsed: Labels;
}

const none: Readonly<Labels> = {};

/** Makes lines of entries; what those of one series have in common is made once for each labels object of the store. */
export function createLines(): (entry: Entry) => Line {
  const known = new WeakMap<object, { of: Entry; stream: Labels }>();
  return (entry) => {
    let common = known.get(entry.labels);
    if (!common || !isSameSeries(common.of, entry)) {
      common = { of: entry, stream: sorted(streamOf(entry)) };
      known.set(entry.labels, common);
    }
    return { log: entry.log, stream: common.stream, metadata: metadataOf(entry), parsed: {} };
  };
}

function metadataOf(entry: Entry): Readonly<Labels> {
  const all = Object.entries(entry.metadata);
  if (all.length === 0) return none;
  const metadata: Labels = {};
  for (const [name, value] of all) define(metadata, spell(name), value);
  return metadata;
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
  delete line.parsed[name];
  if (Object.hasOwn(line.stream, name)) line.stream = without(line.stream, name);
  if (Object.hasOwn(line.metadata, name)) line.metadata = without(line.metadata, name);
}

const without = (labels: Readonly<Labels>, name: string): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([other]) => other !== name));

/** All labels of a line, sorted by name. */
export function labelsOf({ stream, metadata, parsed }: Line, withMetadata: boolean): Readonly<Labels> {
  if (Object.keys(parsed).length === 0 && (!withMetadata || Object.keys(metadata).length === 0)) return stream;
  const all: Labels = {};
  for (const labels of [withMetadata ? metadata : {}, stream, parsed])
    for (const [name, value] of Object.entries(labels)) define(all, name, value);
  return sorted(all);
}

export function sorted(labels: Readonly<Labels>): Labels {
  const made: Labels = {};
  for (const name of Object.keys(labels).toSorted()) {
    const value = valueOf(labels, name);
    if (value !== '') define(made, name, value);
  }
  return made;
}
