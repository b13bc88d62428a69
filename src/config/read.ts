import { convert, type Converted } from './convert.ts';
import type { Files } from './files.ts';
import { readSecret } from './secret.ts';
import { label, type Given, type Setting } from './setting.ts';

/** The stand-in for a secret that isn't there, for commands that need none. */
const noSecret = '***';

/** One option, understood. Either a problem or a value, which is undefined where nothing was given. */
export interface Read {
  value?: unknown;
  problem?: string;
  /** The secret file that was looked at. */
  file?: string;
}

/** Understands what was given for an option, or takes its default. */
export function readSetting(
  setting: Setting,
  given: Given | undefined,
  files: Files,
  { required, offline, configPath }: { required: boolean; offline: boolean; configPath: string | undefined },
): Read {
  const { option } = setting;
  const value = given ? given.value : option.default;
  if (value === undefined) {
    if (option.type === 'secret' && offline) return { value: noSecret };
    return required ? { problem: missing(setting) } : {};
  }
  const read =
    given && option.type === 'secret' ? readSecret(given, files) : understand(setting, value, files, offline);
  const { file } = read;
  if ('problem' in read) return { problem: wrong(setting, given, value, read.problem, configPath), file };
  const none = Array.isArray(read.value) && read.value.length === 0;
  return required && none ? { problem: missing(setting) } : { value: read.value, file };
}

function understand({ option }: Setting, value: unknown, files: Files, offline: boolean): Converted {
  return typeof value === 'number' ? { value } : convert(option, value, files, offline);
}

function missing(setting: Setting): string {
  const { describe } = setting.option;
  const sentence = /^[A-Z][a-z]/.test(describe) ? describe.charAt(0).toLowerCase() + describe.slice(1) : describe;
  return `${label(setting)} is required: ${sentence}.`;
}

function wrong(
  setting: Setting,
  given: Given | undefined,
  value: unknown,
  problem: string,
  configPath: string | undefined,
): string {
  const place = given?.source.kind === 'file' ? `\`${given.source.name}\` in ${configPath}` : given?.source.name;
  const from = place === undefined ? 'by default' : `from ${place}`;
  const { type } = setting.option;
  if (type === 'secret' || type === 'data') return `${label(setting)}, ${from}, ${problem}.`;
  return `${label(setting)} is ${show(value)}, ${from}; it ${problem}.`;
}

/** A value for a message, without the credentials that an address may hold. */
function show(value: unknown): string {
  const text = JSON.stringify(Array.isArray(value) ? value.join(',') : value) ?? '';
  const safe = text.replaceAll(/\/\/[^/@\s]*@/g, '//***@');
  return safe.length > 100 ? `${safe.slice(0, 100)}…` : safe;
}
