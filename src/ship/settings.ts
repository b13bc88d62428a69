import { suggestion } from '../config/closest.ts';
import type { Process } from '../config/command.ts';
import { ConfigError } from '../config/error.ts';
import { files as disk, type Files } from '../config/files.ts';
import { readFlags } from '../config/flags.ts';
import { readSetting } from '../config/read.ts';
import { settingsOf, type Setting } from '../config/setting.ts';
import { readVariables } from '../config/variables.ts';
import { dashed, fromFile, readConfigFile, text, usualPath, type FileValue } from './settings/config-file.ts';
import type { Destination } from './destination.ts';
import { destinationOf, fileOnly } from './settings/destinations.ts';
import { shipOptions, type ShipValues } from './options.ts';
import { isOriginal, translate } from './settings/original.ts';

export interface ShipSettings {
  core: ShipValues;
  destinations: readonly Destination[];
  warnings: readonly string[];
}

/** What Loggy does; with an address it posts instead of printing. */
const loggy = (url: unknown): FileValue => ({
  paths: ['/var/log/containers/*.log'],
  exclude: ['*kube-system*.log'],
  from: 'end',
  'batch-wait': 0.1,
  ...(url === undefined ? { sink: 'stdout', encoding: 'loggy' } : { sink: 'http' }),
});

/** Reads flags, variables, the config file and the preset, in this order. Throws one `ConfigError` with all problems. */
export function shipSettings(
  { argv, env }: Pick<Process, 'argv' | 'env'>,
  ignore: readonly string[],
  files: Files = disk,
): ShipSettings {
  const settings = settingsOf('', shipOptions);
  const byName = new Map(settings.flatMap((one) => one.names.map((name) => [name, one] as const)));
  const flags = readFlags(argv, settings, (name) =>
    ['help', 'version', 'get-yargs-completions', ...ignore].includes(name),
  );
  const variables = readVariables(env, settings);
  const problems = [...flags.problems];
  const warnings: string[] = [];
  const early = (name: string) => {
    const setting = byName.get(name) as Setting;
    return flags.given.get(setting) ?? variables.get(setting);
  };
  const named = ['config', 'paths', 'targets', 'preset'].some((name) => early(name) !== undefined);
  const usual = !named && files.kind(usualPath) === 'other' ? usualPath : undefined;
  const configPath = text(early('config')?.value) ?? usual;
  const read = configPath === undefined ? {} : readConfigFile(configPath, files, problems);
  const original = isOriginal(read);
  const { values, unknown } = original ? translate(read) : { values: read, unknown: [] as string[] };
  const isLoggy = text(early('preset')?.value ?? values['preset']) === 'loggy';
  const preset = isLoggy ? loggy(early('url')?.value ?? values['url'] ?? values['post']) : {};
  const { destinations: several, ...common } = values as { destinations?: unknown };

  const known = new Set([...byName.keys(), ...fileOnly]);
  const check = (one: FileValue, place: string) => {
    for (const key of Object.keys(one)) if (!known.has(dashed(key))) unknown.push(`${place}${key}`);
  };
  check(common, '');
  const readAll = (...layers: FileValue[]): ShipValues => {
    const result: Record<string, unknown> = {};
    for (const setting of settings) {
      const given = early(setting.name) ?? fromFile(setting, layers);
      const { value, problem } = readSetting(setting, given, files, { required: false, offline: true, configPath });
      if (problem !== undefined && !problems.includes(problem)) problems.push(problem);
      result[setting.name] = value;
    }
    return result as unknown as ShipValues;
  };
  const core = readAll(common, preset);
  const list = Array.isArray(several) ? (several as FileValue[]) : [{}];
  const destinations = list.map((own, index) => {
    check(own, `destinations[${index}].`);
    const extra = { ...common, ...own } as Record<string, unknown>;
    return destinationOf(readAll(own, common, preset), extra, Array.isArray(several) ? index : undefined, problems);
  });
  for (const { name } of destinations)
    if (destinations.filter((one) => one.name === name).length > 1)
      problems.push(`Two destinations are called "${name}"; each needs a \`name\` of its own.`);
  for (const key of unknown) {
    const message = `\`${key}\` in ${configPath} is no option${suggestion(dashed(key), [...byName.keys()])}`;
    (core['strict-config'] ? problems : warnings).push(message);
  }
  if (problems.length === 0 && core.paths.length === 0 && core.targets === undefined)
    problems.push(
      '`--paths` (WATCHER_PATHS), `--targets` (WATCHER_TARGETS) or `--config` (WATCHER_CONFIG) is required: what is to be followed.',
    );
  for (const [name, value] of [['multiline-start', core['multiline-start']]] as const) {
    try {
      if (value !== undefined) RegExp(value);
    } catch (error) {
      problems.push(`\`--${name}\` is no regular expression: ${(error as Error).message}.`);
    }
  }
  if (problems.length > 0) throw new ConfigError([...new Set(problems)]);
  const from = core['from-end'] ? 'end' : core['from-beginning'] ? 'beginning' : core.from;
  return { core: { ...core, from }, destinations, warnings };
}
