import Handlebars from 'handlebars';
import type { Fill } from './agent.ts';
import { formatOf, toYamlJson, type Format } from './format.ts';
import { helpers, lookup, textOf } from './expression.ts';
import { rewrite } from './rewrite.ts';
import { segment, shorten } from './path.ts';

/** A compiled template. Throws an error that tells template, line and path if a name is missing. */
export type Template = (context: object) => string;

/** Compiles the text of a template; `name` is for errors. Only ever give it text from an operator's or our own file. */
export function compileTemplate(text: string, name: string, format: Format = formatOf(name)): Template {
  return compile(parse(text, name), name, format);
}

/**
 * Compiles a template of a path. Each value becomes one safe segment; only a value at the very beginning whose name is
 * among `raw` is inserted as it is. Returns undefined where that one has no value.
 */
export function compilePath(
  text: string,
  name: string,
  raw: readonly string[],
): { start?: string; render(context: object): string | undefined } {
  const program = parse(text, name);
  const first = program.body[0];
  const path = first?.type === 'MustacheStatement' ? (first as hbs.AST.MustacheStatement).path : undefined;
  const start = path && 'original' in path ? raw.find((name) => name === path.original) : undefined;
  if (start !== undefined) program.body.shift();
  const rest = compile(program, name, { escape: segment, json: false });
  return {
    start,
    render(context) {
      if (start === undefined) return shorten(rest(context));
      const value = lookup(context, start.split('.'));
      if (typeof value !== 'string') return undefined;
      return value.replace(/\/+$/, '') + shorten(rest(context));
    },
  };
}

/** Compiles all templates of an agent, by name; see {@link Fill}. */
export function createFill(templates: ReadonlyMap<string, { path: string; text: string }>): Fill {
  const compiled = new Map([...templates].map(([name, { path, text }]) => [name, compileTemplate(text, path)]));
  return (name, context) => {
    const template = compiled.get(name);
    if (template) return template(context);
    throw new Error(`No template "${name}.hbs"; there are ${[...compiled.keys()].join(', ') || 'none'}`);
  };
}

function parse(text: string, name: string): hbs.AST.Program {
  try {
    return Handlebars.parse(text);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

function compile(program: hbs.AST.Program, name: string, format: Format): Template {
  const environment = Handlebars.create();
  for (const unused of ['log', 'helperMissing', 'blockHelperMissing']) environment.unregisterHelper(unused);
  const json = (value: unknown) => toYamlJson(value ?? null);
  const calls = {
    json: format.json ? (value: unknown) => new Handlebars.SafeString(json(value)) : json,
    escape: (value: unknown) =>
      value instanceof Handlebars.SafeString ? value.toString() : format.escape(textOf(value)),
  };
  environment.registerHelper(helpers(name, calls));
  const known = Object.fromEntries(Object.keys(environment.helpers).map((helper) => [helper, true]));
  const template = environment.compile<object>(rewrite(program, name, new Set(Object.keys(known))), {
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: { log: false, ...known } as unknown as KnownHelpers,
  });
  return (context) => template(context);
}
