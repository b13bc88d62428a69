import { parseDocument } from 'yaml';
import { suggestion } from '../config/closest.ts';
import type { Process } from '../config/command.ts';
import { ConfigError } from '../config/error.ts';
import { files } from '../config/files.ts';
import { readFlags } from '../config/flags.ts';
import { readSetting } from '../config/read.ts';
import { settingsOf, type Given, type Setting } from '../config/setting.ts';
import { readVariables } from '../config/variables.ts';
import { why } from '../config/why.ts';
import { keepSecret } from '../system/secrets.ts';
import type { Destination } from './destination.ts';
import { shipOptions, type ShipValues } from './options.ts';
import { isOriginal, translate } from './original.ts';
import http from './sinks/http.ts';
import loki from './sinks/loki.ts';
import stdout from './sinks/stdout.ts';
import type { SinkPlugin } from './destination.ts';

export const sinks: Readonly<Record<Destination['sink'], SinkPlugin>> = { loki, http, stdout };

export interface ShipSettings {
  core: ShipValues;
  destinations: readonly Destination[];
  warnings: readonly string[];
}

type FileValue = Readonly<Record<string, unknown>>;

const loggy = {
  paths: ['/var/log/containers/*.log'],
  exclude: ['*kube-system*.log'],
  sink: 'stdout',
  encoding: 'loggy',
  from: 'end',
  'batch-wait': 0.1,
};

/** Reads flags, variables, the config file and the preset, in this order. Throws one `ConfigError` with all problems. */
export function shipSettings({ argv, env }: Pick<Process, 'argv' | 'env'>, ignore: readonly string[]): ShipSettings {
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
  const configPath = text(early('config')?.value);
  const read = configPath === undefined ? {} : readFile(configPath, problems);
  const original = isOriginal(read);
  const { values, unknown } = original ? translate(read) : { values: read, unknown: [] as string[] };
  const preset = text(early('preset')?.value ?? values['preset']) === 'loggy' ? loggy : {};
  const { destinations: several, ...common } = values as { destinations?: unknown };

  const known = new Set([...byName.keys(), 'name', 'password', 'token', 'server-name', 'label-set']);
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
    problems.push('`--paths` (WATCHER_PATHS) or `--targets` (WATCHER_TARGETS) is required: what is to be followed.');
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

function destinationOf(
  values: ShipValues,
  extra: Readonly<Record<string, unknown>>,
  index: number | undefined,
  problems: string[],
): Destination {
  const sink = (values.sink ?? (values.url ? 'loki' : 'stdout')) as Destination['sink'];
  const encoding = values.encoding ?? sinks[sink].encodings[0] ?? '';
  if (!sinks[sink].encodings.includes(encoding))
    problems.push(`\`--encoding\` is ${encoding}; ${sink} has ${sinks[sink].encodings.join(', ')}.`);
  if (sink !== 'stdout' && !values.url) problems.push(`\`--url\` (WATCHER_URL) is required: where ${sink} is.`);
  for (const secret of [extra['password'], extra['token']]) if (typeof secret === 'string') keepSecret(secret);
  const { user, 'password-file': passwordFile, 'token-file': tokenFile } = values;
  const token = text(extra['token']);
  const password = text(extra['password']);
  const original = extra['label-set'] === 'original';
  const external = { ...texts(values['external-labels']), ...(original && { app: 'logging-agent', level: 'info' }) };
  return {
    name: text(extra['name'])?.replaceAll(/[^\w.-]/g, '_') ?? (index === undefined ? sink : `${sink}-${index + 1}`),
    sink,
    encoding,
    connection: {
      url: values.url ?? '',
      headers: texts(values.headers),
      timeout: values.timeout * 1000,
      basic: user === undefined ? undefined : { user, passwordFile, password },
      bearer: tokenFile !== undefined || token !== undefined ? { tokenFile, token } : undefined,
      tls: {
        caFile: values['ca-file'],
        certFile: values['cert-file'],
        keyFile: values['key-file'],
        serverName: text(extra['server-name']),
        insecure: values.insecure,
      },
      proxy: values.proxy,
    },
    backoff: {
      least: values['backoff-least'] * 1000,
      most: values['backoff-most'] * 1000,
      retries: values['max-retries'],
    },
    batchSize: values['batch-size'],
    batchWait: values['batch-wait'] * 1000,
    tenant: values.tenant ?? '',
    labels: original ? ['node', 'source'] : values.labels,
    externalLabels: external,
    metadata: original ? [] : values.metadata,
    node: values['node-name'] ?? '',
  };
}

function readFile(path: string, problems: string[]): FileValue {
  try {
    const document = parseDocument(files.read(path), { logLevel: 'error', stringKeys: true });
    const [error] = document.errors;
    const read: unknown = error ? undefined : document.toJS({ maxAliasCount: 100 });
    if (error) problems.push(`${path} is no valid YAML or JSON, in line ${error.linePos?.[0].line ?? '?'}.`);
    else if (read === null) return {};
    else if (typeof read !== 'object' || Array.isArray(read)) problems.push(`${path} has to be a mapping.`);
    else return read as FileValue;
  } catch (error) {
    problems.push(`\`--config\` (WATCHER_CONFIG) is ${path}, which can't be read: ${why(error)}.`);
  }
  return {};
}

/** The first layer that has the option; single values as text, since that is what is understood everywhere. */
function fromFile(setting: Setting, layers: readonly FileValue[]): Given | undefined {
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer)) {
      if (!setting.names.includes(dashed(key)) || value === null || value === undefined || value === '') continue;
      const plain = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
      const items = Array.isArray(plain) ? plain.map(String) : plain;
      return { source: { kind: 'file', name: key }, value: setting.option.type === 'data' ? value : items };
    }
  }
  return undefined;
}

function dashed(key: string): string {
  return key.trim().toLowerCase().replaceAll('_', '-');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.trim() : undefined;
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]));
}
