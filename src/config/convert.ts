import { dirname } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { Files } from './files.ts';
import type { Option } from './option.ts';
import { why } from './why.ts';

/**
 * The checked value, or what it would have to be: the end of a sentence that begins with the value. `file` is the
 * secret file that was looked at.
 */
export type Converted = { value: unknown; file?: string } | { problem: string; file?: string };

/** Understands what was given for an option: text, or a structure of the config file. */
export function convert(option: Option, given: unknown, files: Files, offline: boolean): Converted {
  const converted = byType(option, given, files, offline);
  if ('problem' in converted) return converted;
  const wrong = option.check?.(converted.value);
  return wrong === undefined ? converted : { problem: wrong };
}

/** Whether nothing was given; for a list, nothing is a value too. */
export function isEmpty({ type }: Option, value: unknown): boolean {
  if (type === 'list') return false;
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

export function readBoolean(word: string): boolean | undefined {
  if (/^(true|yes|on|1)$/i.test(word.trim())) return true;
  return /^(false|no|off|0)$/i.test(word.trim()) ? false : undefined;
}

function byType(option: Option, given: unknown, files: Files, offline: boolean): Converted {
  if (option.type === 'data') return data(given);
  if (option.type === 'list') return list(option, given);
  if (typeof given === 'boolean') return { value: given };
  if (typeof given !== 'string') return { problem: 'has to be a single value' };
  const text = given.trim();
  switch (option.type) {
    case 'boolean': {
      const value = readBoolean(text);
      return value === undefined ? { problem: 'has to be true or false' } : { value };
    }
    case 'number':
      return number(option, text);
    case 'directory':
      return offline ? { value: files.absolute(text) } : directory(files, text, text);
    case 'file':
      return offline ? { value: files.absolute(text) } : directory(files, text, dirname(files.absolute(text)));
    default:
      return choice(option, text);
  }
}

function number({ min = -Infinity, max = Infinity }: Option, text: string): Converted {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max && Number.isFinite(value)) return { value };
  const least = min === -Infinity ? '' : `, ${min} or more`;
  return { problem: `has to be a number${least}${max === Infinity ? '' : `, ${max} at most`}` };
}

function choice({ choices, spellings }: Option, text: string): Converted {
  if (!choices) return { value: text };
  const word = text.toLowerCase();
  const value = choices.find((choice) => choice.toLowerCase() === word) ?? spellings?.[word];
  return value === undefined ? { problem: `has to be one of ${choices.join(', ')}` } : { value };
}

function list({ choices }: Option, given: unknown): Converted {
  const items = given === null ? [] : [given].flat();
  if (!items.every((item) => typeof item === 'string')) return { problem: 'has to be a list of single values' };
  const value = items.flatMap((item) => item.split(',')).flatMap((item) => item.trim() || []);
  const strange = choices && value.find((item) => !choices.includes(item));
  return strange === undefined ? { value } : { problem: `has to have nothing but ${choices?.join(', ')}` };
}

function data(given: unknown): Converted {
  if (typeof given !== 'string') return { value: given };
  try {
    return { value: JSON.parse(given) as unknown };
  } catch {
    // Not JSON; what is no YAML either is told below.
  }
  try {
    return { value: parseYaml(given, { prettyErrors: false, logLevel: 'error' }) as unknown };
  } catch {
    return { problem: 'has to be JSON or YAML' };
  }
}

function directory(files: Files, path: string, needed: string): Converted {
  try {
    const kind = files.kind(needed);
    if (kind === 'directory') return { value: files.absolute(path) };
    const what = needed === path ? 'has to be a directory' : `has to lie in a directory, and ${needed} is none`;
    return { problem: kind === 'missing' ? `${what} that exists` : what };
  } catch (error) {
    return { problem: `can't be looked at: ${why(error)}` };
  }
}
