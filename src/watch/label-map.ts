import { checkLabel } from '../config/check.ts';
import { closest } from '../config/closest.ts';
import { quoted } from './hints/problems.ts';

/** The values of a target that a table may take from elsewhere than from the pod's label of the same name. */
export const mappedNames = ['application', 'component', 'environment', 'version', 'release'] as const;
export type MappedName = (typeof mappedNames)[number];

/** What a source can look at; a part of a target. */
export interface Subject {
  pod: {
    namespace: string;
    labels: Readonly<Record<string, string>>;
    annotations: Readonly<Record<string, string>>;
    namespaceLabels: Readonly<Record<string, string>>;
    owner: { kind: string; name: string };
  };
  container: { name: string };
}

export interface Source {
  /** As the operator writes it. */
  text: string;
  /** Empty where there is nothing. */
  read(subject: Subject): string;
}

/** For some names, where their values come from: the first source that has one. */
export type LabelMap = Readonly<Partial<Record<MappedName, readonly Source[]>>>;

// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
const recommended: Readonly<Record<MappedName, readonly string[]>> = {
  application: ['application', 'app.kubernetes.io/name'],
  component: ['component', 'app.kubernetes.io/component'],
  environment: ['environment'],
  version: ['version', 'app.kubernetes.io/version'],
  release: ['release', 'app.kubernetes.io/instance'],
};

const words: Readonly<Record<string, (subject: Subject) => string>> = {
  'owner-name': ({ pod }) => pod.owner.name,
  'owner-kind': ({ pod }) => pod.owner.kind,
  container: ({ container }) => container.name,
  namespace: ({ pod }) => pod.namespace,
};

type Place = (subject: Subject) => Readonly<Record<string, string>>;

const places: Readonly<Record<string, Place>> = {
  label: ({ pod }) => pod.labels,
  annotation: ({ pod }) => pod.annotations,
  'namespace-label': ({ pod }) => pod.namespaceLabels,
};

const ways = `a label, ${Object.keys(places)
  .map((place) => `${place}:KEY`)
  .join(', ')}, ${Object.keys(words).join(', ')}`;

/** The value of a name for a target; empty without one. */
export function mapped(name: MappedName, map: LabelMap, subject: Subject): string {
  for (const { read } of map[name] ?? [sourceOf(name)]) {
    const value = read(subject);
    if (value !== '') return value;
  }
  return '';
}

/** The sources of a name in words; undefined where the map doesn't name it, so that its own label is meant. */
export function sourcesOf(name: string, map: LabelMap): string[] | undefined {
  return isMapped(name) ? map[name]?.map(({ text }) => text) : undefined;
}

/** Whether a source, as it is written, looks at the namespace's labels. */
export const isOfNamespace = (source: string) => source.startsWith('namespace-label:');

function isMapped(name: string): name is MappedName {
  return (mappedNames as readonly string[]).includes(name);
}

/** Says what is wrong with the value of `--label-map`. */
export function checkLabelMap(value: unknown): string | undefined {
  const problems: string[] = [];
  readMap(value, (problem) => void problems.push(problem));
  return problems.length > 0 ? problems.join('; ') : undefined;
}

/** The table of a value that {@link checkLabelMap} has nothing against; empty for none. */
export function compileLabelMap(value: unknown): LabelMap {
  return value === undefined ? {} : readMap(value, () => {});
}

type Say = (problem: string) => void;

function readMap(value: unknown, say: Say): LabelMap {
  const table = value === 'recommended' ? recommended : value;
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    say(`has to be the word recommended, or a mapping of ${mappedNames.join(', ')} and the sources of each`);
    return {};
  }
  const map: Partial<Record<MappedName, readonly Source[]>> = {};
  for (const [name, given] of Object.entries(table)) {
    if (isMapped(name)) map[name] = readSources(given, (problem) => say(`has for ${name} ${problem}`));
    else
      say(`has ${quoted(name)}, which can't be mapped${meant(name, mappedNames)}; there are ${mappedNames.join(', ')}`);
  }
  return map;
}

function readSources(given: unknown, say: Say): Source[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) say('no source; without the line it is the label of this name');
  return list.flatMap((text) => {
    const wrong = typeof text === 'string' ? wrongWith(text) : `is no text; there are ${ways}`;
    if (wrong === undefined) return [sourceOf(text as string)];
    say(`${quoted(typeof text === 'string' ? text : JSON.stringify(text))}, which ${wrong}`);
    return [];
  });
}

function wrongWith(text: string): string | undefined {
  const { place, key } = split(text);
  if (place === undefined) return checkLabel(key) && `is no source; there are ${ways}`;
  if (!Object.hasOwn(places, place)) return `is no source${meant(place, Object.keys(places))}; there are ${ways}`;
  return checkLabel(key) && `names no key after ${place}:`;
}

function sourceOf(text: string): Source {
  const { place = 'label', key } = split(text);
  const word = text === key && Object.hasOwn(words, text) ? words[text] : undefined;
  if (word) return { text, read: word };
  const valuesOf: Place = places[place] ?? (() => ({}));
  const fit = place === 'annotation' ? usable : (value: string) => value;
  return {
    text,
    read: (subject) => {
      const values = valuesOf(subject);
      return Object.hasOwn(values, key) ? fit(values[key] ?? '') : '';
    },
  };
}

function split(text: string): { place?: string; key: string } {
  const at = text.indexOf(':');
  return at < 0 ? { key: text } : { place: text.slice(0, at), key: text.slice(at + 1) };
}

/** An annotation may be a whole document, which nobody wants as a value. */
function usable(value: string): string {
  const text = value.trim();
  return text.length > longest || /\p{Cc}/u.test(text) || !text.isWellFormed() ? '' : text;
}

const longest = 253;

function meant(name: string, known: readonly string[]): string {
  const near = closest(name, known);
  return near === undefined ? '' : ` (did you mean \`${near}\`?)`;
}
