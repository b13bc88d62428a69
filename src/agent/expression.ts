import type Handlebars from 'handlebars';
import { labelName } from './labels.ts';
import { escapeGlob } from './path.ts';

/** Maps in which every name is allowed: one that is missing is empty. */
const open = new Set(['labels', 'annotations', 'namespaceLabels', 'attributes', 'hints']);
const isOpen = Symbol('open');

/** The value at a path of own properties. Throws if a name is missing, except for a pod's labels and annotations. */
export function lookup(base: unknown, parts: readonly string[]): unknown {
  let value = base;
  let parent = '';
  for (const part of parts) {
    if (typeof value !== 'object' || value === null) throw new Error(`"${part}" is looked for in what is no mapping`);
    if (Object.hasOwn(value, part)) value = (value as Record<string, unknown>)[part];
    else if (open.has(parent) || isOpen in value) value = '';
    else throw new Error(`"${part}" is not defined`);
    parent = part;
  }
  return open.has(parent) ? inOrder(value) : value;
}

/** The same map with its keys in order, so that `{{#each}}` gives equal bytes for equal labels. */
function inOrder(map: unknown): unknown {
  if (typeof map !== 'object' || map === null) return map;
  const entries = Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.defineProperty(Object.fromEntries(entries), isOpen, { value: true });
}

/** The value as text; a list or a mapping is none. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  throw new Error('this is no text but a list or a mapping; {{json …}} writes it');
}

const empty = (value: unknown): boolean => value === undefined || value === null || value === '' || value === false;
const firstOf = (...values: unknown[]): unknown => values.find((value) => !empty(value)) ?? '';

/** What a template may call, and what it is rewritten to call (`at`). */
const calls: Readonly<Record<string, (...values: unknown[]) => unknown>> = {
  at: (base, _path, ...parts) => lookup(base, parts.map(textOf)),
  lookup: (base, key) => lookup(base, [textOf(key)]),
  or: firstOf,
  default: firstOf,
  eq: (a, b) => a === b,
  join: (list, separator) => (Array.isArray(list) ? list.map(textOf).join(textOf(separator)) : textOf(list)),
  lower: (value) => textOf(value).toLowerCase(),
  labelname: (value) => labelName(textOf(value)),
  glob: (value) => escapeGlob(textOf(value)),
  safe: (value) => textOf(value).replace(/[^a-zA-Z0-9_-]/gu, '_'),
};

/** The same as Handlebars wants them, with more calls; errors tell template, line and path. `name` is the template's. */
export function helpers(name: string, more: typeof calls): Record<string, Handlebars.HelperDelegate> {
  const located = ([helper, call]: [string, (typeof calls)[string]]) => {
    const delegate = (...values: unknown[]) => {
      const { loc } = values.pop() as { loc: hbs.AST.SourceLocation };
      try {
        return call(...values);
      } catch (error) {
        const path = helper === 'at' ? textOf(values[1]) : helper;
        const where = helper === 'escape' ? '' : `{{${path}}}: `;
        throw new Error(`${name}:${loc.start.line}: ${where}${(error as Error).message}`, { cause: error });
      }
    };
    return [helper, delegate] as const;
  };
  return Object.fromEntries(Object.entries({ ...calls, ...more }).map(located));
}
