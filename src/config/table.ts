import type { Process } from './command.ts';
import { ConfigError } from './error.ts';
import { files } from './files.ts';
import { readFlags } from './flags.ts';
import type { OptionTable, Values } from './option.ts';
import { readSetting } from './read.ts';
import { settingsOf } from './setting.ts';
import { readVariables } from './variables.ts';

/** Reads the options of a command from flags and variables, in this order. Throws one `ConfigError` with all problems. */
export function readTable<O extends OptionTable>(table: O, { argv, env }: Pick<Process, 'argv' | 'env'>): Values<O> {
  const settings = settingsOf('', table);
  const flags = readFlags(argv, settings, (name) => ['help', 'version', 'get-yargs-completions'].includes(name));
  const variables = readVariables(env, settings);
  const problems = [...flags.problems];
  const values: Record<string, unknown> = {};
  for (const setting of settings) {
    const given = flags.given.get(setting) ?? variables.get(setting);
    const read = readSetting(setting, given, files, { required: false, offline: false, configPath: undefined });
    if (read.problem !== undefined) problems.push(read.problem);
    values[setting.name] = read.value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Values<O>;
}
