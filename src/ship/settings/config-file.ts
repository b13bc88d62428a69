import { parseDocument } from 'yaml';
import type { Files } from '../../config/files.ts';
import type { Given, Setting } from '../../config/setting.ts';
import { why } from '../../config/why.ts';

/** What a config file says, or one destination in it. */
export type FileValue = Readonly<Record<string, unknown>>;

/** Where a logging-agent looks, for those who name nothing else. */
export const usualPath = '/etc/logging-agent/config.yaml';

export function readConfigFile(path: string, files: Files, problems: string[]): FileValue {
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
export function fromFile(setting: Setting, layers: readonly FileValue[]): Given | undefined {
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

export function dashed(key: string): string {
  return key.trim().toLowerCase().replaceAll('_', '-');
}

/** A text that is there and not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.trim() : undefined;
}

/** A mapping of texts; nothing where it is none. */
export function texts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]));
}
