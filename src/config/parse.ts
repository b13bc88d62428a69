import { suggestion } from './closest.ts';
import { ConfigError } from './error.ts';
import { gather, type World } from './gather.ts';
import type { OptionTable, Values } from './option.ts';
import { logLevel, type CoreName, type CoreValues } from './options.ts';
import type { Check } from './check.ts';
import { readSetting } from './read.ts';
import { collisions, label, type Source } from './setting.ts';

export interface ParseInput extends World {
  /** Core options that this command can't do without. */
  required?: readonly CoreName[];
  /** For commands that write nothing into the agents' directories: those need not exist, and secrets not be given. */
  offline?: boolean;
  /** Further checks of core options, for what this floor doesn't know. */
  checks?: Readonly<Partial<Record<CoreName, Check>>>;
  /** What was found wrong before, say while agents were loaded; told together with the rest. */
  problems?: readonly string[];
}

export interface Config {
  core: CoreValues;
  /** By agent name, for the enabled ones, in the order in which they are enabled. */
  agents: Readonly<Record<string, Values<OptionTable>>>;
  /** Where each value came from, by flag name without dashes. */
  sources: Readonly<Record<string, Source>>;
  warnings: readonly string[];
  /** The config file and the secret files in use. */
  files: readonly string[];
}

/**
 * Reads flags, variables and config file, in this order of precedence. Throws one {@link ConfigError} with all
 * problems. Secrets are made known to the log.
 */
export function parseConfig(input: ParseInput): Config {
  const { agents, known = [], required = [], offline = false } = input;
  const { settings, enabled, given, configPath, ...found } = gather(input);
  const problems = [...(input.problems ?? []), ...collisions(settings), ...found.problems];
  const warnings = [...found.warnings];
  const sources: Record<string, Source> = {};
  const files = new Set(configPath === undefined ? [] : [configPath]);

  const readAll = (owner: string): Record<string, unknown> => {
    const values: Record<string, unknown> = {};
    for (const setting of settings.filter((setting) => setting.owner === owner)) {
      const { key, name, option } = setting;
      const one = given(setting);
      const needed = owner === '' ? required.includes(key as CoreName) : option.required === true;
      const { value, problem, file } = readSetting(setting, one, input.files, {
        required: needed,
        offline,
        configPath,
      });
      if (problem !== undefined) problems.push(problem);
      if (file !== undefined) files.add(file);
      const wrong = owner === '' && value !== undefined ? input.checks?.[key as CoreName]?.(value) : undefined;
      if (wrong !== undefined) problems.push(`${label(setting)}, from ${one?.source.name}, ${wrong}.`);
      if (one && option.deprecated) warnings.push(`${one.source.name} is deprecated: ${option.deprecated}`);
      values[key] = value;
      sources[name] = one?.source ?? { kind: 'default', name: '' };
    }
    return values;
  };

  const core = { ...readAll(''), agents: enabled } as unknown as CoreValues;
  const values: Record<string, Values<OptionTable>> = {};
  const names = [...new Set([...agents.map(({ name }) => name), ...known])].sort();
  for (const name of enabled) {
    if (agents.some((agent) => agent.name === name)) values[name] = readAll(name);
    else if (!names.includes(name)) problems.push(unknownAgent(name, names));
  }

  const byFile = sources['pod-source']?.kind === 'default' && core.pods !== undefined;
  const source = byFile ? 'file' : core['pod-source'];
  if (source === 'file' && core.pods === undefined) {
    problems.push('`--pods` (WATCHER_PODS) is required with `--pod-source file`: the file of pods.');
  }
  if (source === 'api' && !offline && !core['node-name']) {
    problems.push(
      '`--node-name` (WATCHER_NODE_NAME or CLUSTER_NODE_NAME) is required: the name of this node, whose pods are asked for; in a manifest it comes from spec.nodeName.',
    );
  }
  if (source !== 'api' && core['node-labels'] && !offline && !core['node-name']) {
    problems.push('`--node-name` (WATCHER_NODE_NAME or CLUSTER_NODE_NAME) is required with `--node-labels`.');
  }
  if (problems.length > 0) throw new ConfigError(problems, [...files]);
  const level = logLevel(core);
  return {
    core: { ...core, 'pod-source': source, 'log-level': level },
    agents: values,
    sources,
    warnings,
    files: [...files],
  };
}

function unknownAgent(name: string, known: readonly string[]): string {
  return `There is no agent "${name}"${suggestion(name, known)} There are ${known.join(', ')}.`;
}
