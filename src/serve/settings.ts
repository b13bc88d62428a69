import type { Process } from '../config/command.ts';
import { ConfigError } from '../config/error.ts';
import { readConfigFile } from '../config/file.ts';
import { files } from '../config/files.ts';
import { readFlags } from '../config/flags.ts';
import type { OptionTable, Values } from '../config/option.ts';
import { readSetting } from '../config/read.ts';
import { settingsOf, type Given, type Setting } from '../config/setting.ts';
import { readVariables } from '../config/variables.ts';
import { why } from '../config/why.ts';
import { cassandraProblems } from './options/cassandra.ts';
import { serveOptions, type ServeValues } from './options.ts';

/** Reads flags, variables and the config file, in this order. `hosts` are those without a flag. */
export function serveSettings(process: Pick<Process, 'argv' | 'env'>, hosts?: readonly string[]): ServeValues {
  return settingsWith({}, process, hosts);
}

/** The same with the options of what is joined to it; `check` tells what is wrong with their values. */
export function settingsWith<O extends OptionTable>(
  more: O,
  { argv, env }: Pick<Process, 'argv' | 'env'>,
  hosts: readonly string[] = [],
  check: (values: Values<O>) => readonly string[] = () => [],
): ServeValues & Values<O> {
  const settings = settingsOf('', { ...serveOptions, ...more });
  const flags = readFlags(argv, settings, (name) => ['help', 'version', 'get-yargs-completions'].includes(name));
  const variables = readVariables(env, settings);
  const problems = [...flags.problems];
  const early = (setting: Setting) => flags.given.get(setting) ?? variables.get(setting);
  const path = settings.find(({ name }) => name === 'config');
  const configPath = path && (early(path)?.value as string | undefined)?.trim();
  const fromFile = configPath === undefined ? undefined : readFile(configPath, settings, problems);
  const values: Record<string, unknown> = {};
  for (const setting of settings) {
    const given = early(setting) ?? fromFile?.get(setting);
    const read = readSetting(setting, given, files, { required: false, offline: false, configPath });
    if (read.problem !== undefined) problems.push(read.problem);
    // What is wrong is told above; for what else may be wrong its default stands in.
    values[setting.name] = read.problem === undefined ? read.value : setting.option.default;
    // Hosts alone say what is meant, as they did to an earlier log server.
    if (setting.name === 'store' && !given && hosts.length > 0) values['store'] = 'cassandra';
  }
  if (hosts.length > 0) values['cassandra-hosts'] = hosts;
  const read = values as unknown as ServeValues & Values<O>;
  if (read.store === 'cassandra') problems.push(...cassandraProblems(read));
  if ((read['tls-cert-file'] === undefined) !== (read['tls-key-file'] === undefined))
    problems.push('`--tls-cert-file` and `--tls-key-file` are given together or not at all.');
  if (read['tls-client-ca-file'] !== undefined && read['tls-cert-file'] === undefined)
    problems.push('`--tls-client-ca-file` needs `--tls-cert-file`.');
  problems.push(...check(read));
  if (problems.length > 0) throw new ConfigError(problems);
  return read;
}

function readFile(path: string, settings: readonly Setting[], problems: string[]): ReadonlyMap<Setting, Given> {
  try {
    const read = readConfigFile(files.read(path), path, settings, [], () => false);
    problems.push(...read.problems);
    return read.given;
  } catch (error) {
    problems.push(`\`--config\` (WATCHER_CONFIG) is ${path}, which can't be read: ${why(error)}.`);
    return new Map();
  }
}
