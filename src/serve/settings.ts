import type { Process } from '../config/command.ts';
import { ConfigError } from '../config/error.ts';
import { files } from '../config/files.ts';
import { readFlags } from '../config/flags.ts';
import { readSetting } from '../config/read.ts';
import { settingsOf } from '../config/setting.ts';
import { readVariables } from '../config/variables.ts';
import { serveOptions, type ServeValues } from './options.ts';

/** Reads flags and variables, in this order. Throws one `ConfigError` with all problems. */
export function serveSettings({ argv, env }: Pick<Process, 'argv' | 'env'>): ServeValues {
  const settings = settingsOf('', serveOptions);
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
  return values as unknown as ServeValues;
}
