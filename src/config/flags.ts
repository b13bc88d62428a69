import type { Argv } from 'yargs';
import { Parser } from 'yargs/helpers';
import { readBoolean } from './convert.ts';
import { suggestion } from './closest.ts';
import type { Option, OptionTable } from './option.ts';
import { settingsOf, type Given, type Setting } from './setting.ts';

/** How flags are written; the command line's own yargs and the reading of values have to agree on it. */
const flagSyntax = {
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'strip-aliased': true,
};

/**
 * Makes a table of options known to yargs, for help and completion; `owner` is the agent's name, or empty. The values
 * and unknown flags are left to `parseConfig`, so yargs must not be strict.
 */
export function applyOptions<T>(yargs: Argv<T>, owner: string, table: OptionTable): Argv<T> {
  yargs.parserConfiguration(flagSyntax);
  for (const { name, names, letters, option } of settingsOf(owner, table)) {
    const { choices, deprecated, describe: said, variables = [] } = option;
    const describe = variables.length > 0 ? `${said}; also ${variables.join(', ')}` : said;
    yargs.option(name, {
      alias: [...names.slice(1), ...letters],
      type: option.type === 'boolean' || option.type === 'number' ? option.type : 'string',
      describe: choices ? `${describe} (${choices.join(', ')})` : describe,
      defaultDescription: defaultText(option.default),
      deprecated: deprecated ?? false,
      group: owner === '' ? 'Options:' : `Options of the agent ${owner}:`,
    });
  }
  return yargs;
}

function defaultText(value: Option['default']): string | undefined {
  return value === undefined || value === false ? undefined : String(value) || undefined;
}

/** What the flags give; which are unknown is told among the problems. */
export interface Flags {
  given: ReadonlyMap<Setting, Given>;
  problems: string[];
}

/** Reads the flags. Those that `ignored` tells are left to others. */
export function readFlags(
  argv: readonly string[],
  settings: readonly Setting[],
  ignored: (name: string) => boolean,
): Flags {
  const booleans = settings.filter(({ option }) => option.type === 'boolean');
  const others = settings.filter(({ option }) => option.type !== 'boolean');
  const problems: string[] = [];
  const parsed = Parser([...spellOut(argv, booleans, problems)], {
    boolean: booleans.map(({ name }) => name),
    string: others.map(({ name }) => name),
    alias: Object.fromEntries(settings.map(({ name, names, letters }) => [name, [...names.slice(1), ...letters]])),
    configuration: flagSyntax,
  }) as Record<string, unknown>;

  const given = new Map<Setting, Given>();
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  for (const [name, value] of Object.entries(parsed)) {
    const setting = byName.get(name);
    if (setting) {
      const problem = take(setting, value, given);
      if (problem) problems.push(problem);
    } else if (name !== '_' && name !== '$0' && name !== '--' && !ignored(name)) {
      problems.push(unknown(name, settings));
    }
  }
  return { given, problems };
}

/** Several of one flag: a list is joined, otherwise the last wins. */
function take(setting: Setting, value: unknown, given: Map<Setting, Given>): string | undefined {
  const { name, option } = setting;
  const source = { kind: 'flag', name: `--${name}` } as const;
  const values = [value].flat();
  const last: unknown = values.at(-1);
  if (option.type === 'boolean') {
    given.set(setting, { source, value: last });
  } else if (option.type === 'list') {
    given.set(setting, { source, value: last === false ? [] : values });
  } else if (last === '' || typeof last === 'boolean') {
    return `\`--${name}\` needs a value.`;
  } else {
    given.set(setting, { source, value: last });
  }
  return undefined;
}

function unknown(name: string, settings: readonly Setting[]): string {
  if (name.length === 1) return `\`-${name}\` is no option.`;
  return `\`--${name}\` is no option${suggestion(
    name,
    settings.flatMap(({ names }) => names),
    '--',
  )}`;
}

/** The parser takes every `--flag=word` but `true` for false; so the words are put in its terms first. */
function* spellOut(argv: readonly string[], booleans: readonly Setting[], problems: string[]): Generator<string> {
  const names = new Set(booleans.flatMap(({ names, letters }) => [...names, ...letters]));
  let options = true;
  for (const argument of argv) {
    options &&= argument !== '--';
    const [, dashes = '', name = '', word = ''] = /^(--?)([^=]+)=(.*)$/s.exec(argument) ?? [];
    if (!options || !names.has(name)) {
      yield argument;
      continue;
    }
    const value = readBoolean(word);
    if (value !== undefined) yield `${dashes}${name}=${value}`;
    else if (word !== '') problems.push(`\`${dashes}${name}\` is ${JSON.stringify(word)}; it has to be true or false.`);
  }
}
