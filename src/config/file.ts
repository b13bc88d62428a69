import { parseDocument } from 'yaml';
import { suggestion } from './closest.ts';
import { isEmpty } from './convert.ts';
import type { Given, Setting } from './setting.ts';

/** One key of the config file, in both its readings: what YAML makes of it, and with all single values left as text. */
interface Entry {
  /** As it stands in the file: `scalyr.dest-path`. */
  written: string;
  /** The option's name that it stands for: `scalyr-dest-path`. */
  name: string;
  value: unknown;
  text: unknown;
}

export interface FileValues {
  given: ReadonlyMap<Setting, Given>;
  problems: string[];
}

/** Reads the text of a config file. `agents` are the names of all agents: such a key may hold a mapping. */
export function readConfigFile(
  text: string,
  path: string,
  settings: readonly Setting[],
  agents: readonly string[],
  ignored: (name: string) => boolean,
): FileValues {
  const given = new Map<Setting, Given>();
  const problems: string[] = [];
  // A config file names no config file.
  const byName = new Map(
    settings
      .flatMap((setting) => setting.names.map((name) => [name, setting] as const))
      .filter(([name]) => name !== 'config'),
  );
  const read = parse(text);
  if ('problem' in read) return { given, problems: [`${path} ${read.problem}.`] };
  for (const { written, name, value, text } of entries(read, agents, byName)) {
    const setting = byName.get(name);
    if (!setting) {
      if (!ignored(name))
        problems.push(`\`${written}\` in ${path} is no option${suggestion(name, [...byName.keys(), ...agents])}`);
      continue;
    }
    const earlier = given.get(setting);
    if (earlier) problems.push(`\`${written}\` in ${path} is the same as \`${earlier.source.name}\`; one has to go.`);
    if (isEmpty(setting.option, value)) continue;
    const plain = setting.option.type === 'data' || value === null ? value : text;
    given.set(setting, { source: { kind: 'file', name: written }, value: plain });
  }
  return { given, problems };
}

interface Mapping {
  values: Readonly<Record<string, unknown>>;
  texts: Readonly<Record<string, unknown>>;
}

/** YAML, and so JSON; messages tell the line and never quote, for the text may hold a secret. */
function parse(text: string): Mapping | { problem: string } {
  const [values, texts] = (['core', 'failsafe'] as const).map((schema) => {
    const document = parseDocument(text, { schema, prettyErrors: true, stringKeys: true, logLevel: 'error' });
    const [error] = document.errors;
    if (error) return { line: error.linePos?.[0].line };
    try {
      return { read: document.toJS({ maxAliasCount: 100 }) as unknown };
    } catch {
      return { line: undefined };
    }
  });
  for (const result of [values, texts]) {
    if (result && !('read' in result))
      return { problem: `is no valid YAML or JSON${result.line ? `, in line ${result.line}` : ''}` };
  }
  const read = values?.read;
  if (read === null || read === undefined) return { values: {}, texts: {} };
  if (typeof read !== 'object' || Array.isArray(read)) return { problem: 'has to be a mapping of options to values' };
  return { values: read as Mapping['values'], texts: texts?.read as Mapping['texts'] };
}

function* entries(
  { values, texts }: Mapping,
  agents: readonly string[],
  known: ReadonlyMap<string, Setting>,
): Generator<Entry> {
  for (const [written, value] of Object.entries(values)) {
    const name = dashed(written);
    const text = texts[written];
    if (!agents.includes(name) || !isMapping(value) || !isMapping(text)) {
      yield { written, name, value, text };
      continue;
    }
    for (const [inner, innerValue] of Object.entries(value)) {
      const whole = `${name}-${dashed(inner)}`;
      // An alias is a whole name already.
      const innerName = !known.has(whole) && known.get(dashed(inner))?.owner === name ? dashed(inner) : whole;
      yield { written: `${written}.${inner}`, name: innerName, value: innerValue, text: text[inner] };
    }
  }
}

function dashed(key: string): string {
  return key.trim().toLowerCase().replaceAll('_', '-');
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
