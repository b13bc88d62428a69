import { convert } from './convert.ts';
import { readConfigFile } from './file.ts';
import type { Files } from './files.ts';
import { readFlags } from './flags.ts';
import { options } from './options.ts';
import { settingsOf, type AgentOptions, type Given, type Setting } from './setting.ts';
import { readVariables, unknownVariables, type Env } from './variables.ts';
import { why } from './why.ts';

/** All that a configuration is made from. */
export interface World {
  /** The command line behind the program's name. */
  argv: readonly string[];
  env: Env;
  files: Files;
  /** All agents that are loaded, enabled or not. */
  agents: readonly AgentOptions[];
  /** The names of agents that there are but that aren't loaded; what is set for them is ignored. */
  known?: readonly string[];
  /** Flags of the command itself, without dashes, which are read elsewhere. */
  ignore?: readonly string[];
}

export interface Gathered {
  settings: readonly Setting[];
  /** The names of the enabled agents, whether there are such agents or not. */
  enabled: readonly string[];
  /** What was given for an option, by precedence: flag, variable, config file. */
  given(setting: Setting): Given | undefined;
  configPath: string | undefined;
  problems: readonly string[];
  warnings: readonly string[];
}

/** Reads flags, variables and the config file without understanding the values. */
export function gather({ argv, env, files, agents, known = [], ignore = [] }: World): Gathered {
  const settings = [...settingsOf('', options), ...agents.flatMap(({ name, options }) => settingsOf(name, options))];
  const loaded = agents.map(({ name }) => name);
  const absent = known.filter((name) => !loaded.includes(name));
  const ofAbsent = (name: string) => absent.some((agent) => name === agent || name.startsWith(`${agent}-`));
  const ours = new Set([...ignore, 'help', 'version', 'get-yargs-completions']);

  const flags = readFlags(argv, settings, (name) => ours.has(name) || ofAbsent(name));
  const variables = readVariables(env, settings);
  const problems = [...flags.problems];
  const warnings = unknownVariables(env, settings, ofAbsent);

  const early = (setting: Setting) => flags.given.get(setting) ?? variables.get(setting);
  const find = (name: string) => settings.find((setting) => setting.owner === '' && setting.name === name);
  const text = (setting: Setting) => {
    const value = early(setting)?.value ?? setting.option.default;
    return typeof value === 'string' ? value.trim() : '';
  };

  const config = find('config');
  let configPath = (config && text(config)) || undefined;
  const writer =
    configPath !== undefined && settings.find((one) => one.option.type === 'file' && text(one) === configPath);
  if (writer) {
    // The manifest in the README of kubernetes-log-watcher 0.x names the Scalyr agent's configuration here.
    warnings.push(`the config file ${configPath} is the file that the agent ${writer.owner} writes, and so isn't read`);
    configPath = undefined;
  }

  let fromFile: ReadonlyMap<Setting, Given> = new Map();
  if (configPath !== undefined) {
    try {
      const read = readConfigFile(files.read(configPath), configPath, settings, [...loaded, ...absent], ofAbsent);
      fromFile = read.given;
      problems.push(...read.problems);
    } catch (error) {
      problems.push(`\`--config\` (WATCHER_CONFIG) is ${configPath}, which can't be read: ${why(error)}.`);
    }
  }

  const given = (setting: Setting) => early(setting) ?? fromFile.get(setting);
  return { settings, enabled: enabledBy(find('agents'), given, files), given, configPath, problems, warnings };
}

function enabledBy(
  setting: Setting | undefined,
  given: (setting: Setting) => Given | undefined,
  files: Files,
): readonly string[] {
  if (!setting) return [];
  const result = convert(setting.option, given(setting)?.value ?? [], files, true);
  return 'value' in result ? [...new Set((result.value as string[]).map((name) => name.toLowerCase()))] : [];
}

/** Which agents are to be loaded before the rest can be read, and from where. Says nothing of problems. */
export function agentsToLoad(world: Omit<World, 'agents' | 'known'>): {
  names: readonly string[];
  outside: readonly string[];
} {
  const { enabled, settings, given } = gather({ ...world, agents: [] });
  const setting = settings.find(({ owner, name }) => owner === '' && name === 'agents-path');
  const result = setting && convert(setting.option, given(setting)?.value ?? [], world.files, true);
  return { names: enabled, outside: result && 'value' in result ? (result.value as string[]) : [] };
}
