import { strangersPattern } from '../../system/pattern.ts';
import { add, spoil, type Line } from './line.ts';
import { define } from './names.ts';
import type { Field } from './syntax.ts';

const deepest = 50;

/** What a JSON object holds: nested names are joined by `_`; lists are left out unless a path asks for them. */
export function json(fields: readonly Field[]): (line: Line) => void {
  const paths = fields.map(({ label, path }) => ({ label, steps: stepsOf(path) }));
  return (line) => {
    let value: unknown;
    try {
      value = JSON.parse(line.log);
    } catch (error) {
      return spoil(line, 'JSONParserErr', error instanceof Error ? error.message : String(error));
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return spoil(line, 'JSONParserErr', 'the line is no JSON object');
    if (paths.length === 0) return flatten(line, '', value, 0);
    for (const { label, steps } of paths) {
      const found = steps.reduce<unknown>(within, value);
      add(line, label, found === undefined || found === null ? '' : textOf(found));
    }
  };
}

function flatten(line: Line, prefix: string, value: object, depth: number): void {
  for (const [key, one] of Object.entries(value) as [string, unknown][]) {
    if (key.trim() === '') continue;
    const name = prefix === '' ? key : `${prefix}_${key}`;
    if (typeof one === 'object' && one !== null) {
      if (!Array.isArray(one) && depth < deepest) flatten(line, name, one, depth + 1);
    } else if (one !== null) add(line, name, textOf(one));
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const within = (value: unknown, step: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? (value as Readonly<Record<string, unknown>>)[step]
    : undefined;

/** The steps of `a.b[0]["c d"]`. */
const stepsOf = (path: string) =>
  [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? index ?? name ?? '',
  );

const pair = /([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?/g;

/** `key=value key="quoted value"`; keys without a value are left out. */
export function logfmt(fields: readonly Field[]): (line: Line) => void {
  return (line) => {
    const found: Record<string, string> = {};
    for (const [, key = '', quoted, plain] of line.log.matchAll(pair)) {
      const value = quoted === undefined ? (plain ?? '') : unescape(quoted);
      if (value === '') continue;
      if (fields.length === 0) add(line, key, value);
      else if (!Object.hasOwn(found, key)) define(found, key, value);
    }
    for (const { label, path } of fields) add(line, label, Object.hasOwn(found, path) ? (found[path] ?? '') : '');
  };
}

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    // Not JSON's escapes: as it stands.
    return text;
  }
}

/** The named groups of a pattern. */
export function regexp(pattern: string): (line: Line) => void {
  const compiled = strangersPattern(pattern);
  return (line) => {
    for (const [name, value] of Object.entries(compiled.exec(line.log)?.groups ?? {}))
      if (typeof value === 'string') add(line, name, value);
  };
}
