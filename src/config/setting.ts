import type { Option, OptionTable } from './option.ts';

/** An agent as far as options go. */
export interface AgentOptions {
  name: string;
  summary: string;
  options: OptionTable;
}

/** An option with the names under which it is given. */
export interface Setting {
  /** The agent's name; empty for the watcher's own options. */
  owner: string;
  /** The name in its table. */
  key: string;
  /** The flag without dashes; also the key of the config file. */
  name: string;
  option: Option;
  /** All names that are flags and config file keys. */
  names: readonly string[];
  /** One letter flags. */
  letters: readonly string[];
  /** All environment variables, the first that is set wins. */
  variables: readonly string[];
}

/** Where a value came from. */
export interface Source {
  kind: 'flag' | 'variable' | 'file' | 'default';
  /** `--interval`, `WATCHER_INTERVAL`, `scalyr.dest-path`; empty for a default. */
  name: string;
}

/** What was given for an option, before it is understood. */
export interface Given {
  source: Source;
  value: unknown;
  /** True for a variable that holds the secret itself. */
  literal?: boolean;
}

export function settingsOf(owner: string, table: OptionTable): Setting[] {
  return Object.entries(table).map(([key, option]) => {
    const name = owner === '' ? key : `${owner}-${key}`;
    const aliases = option.aliases ?? [];
    const names = [name, ...aliases.filter((alias) => alias.length > 1)];
    return {
      owner,
      key,
      name,
      option,
      names,
      letters: aliases.filter((alias) => alias.length === 1),
      variables: [...names.map(variableName), ...(option.variables ?? [])],
    };
  });
}

function variableName(name: string): string {
  return `WATCHER_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** Says which flags stand for two options; the word for the watcher itself is "the watcher". */
export function collisions(settings: readonly Setting[]): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const { owner, names, letters } of settings) {
    const who = owner === '' ? 'the watcher' : `the agent ${owner}`;
    for (const name of [...names, ...letters]) {
      const other = owners.get(name);
      const flag = name.length === 1 ? `-${name}` : `--${name}`;
      if (other) problems.push(`\`${flag}\` is an option of ${other} and of ${who}; one has to be renamed.`);
      else owners.set(name, who);
    }
  }
  return problems;
}

/** An option as messages name it: `--interval` (WATCHER_INTERVAL). */
export function label({ name, option }: Setting): string {
  const variables = [variableName(name), ...(option.literals ?? [])];
  return `\`--${name}\` (${variables.join(' or ')})`;
}
