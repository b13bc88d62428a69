import { parseDocument } from 'yaml';
import type { OptionTable } from '../config/option.ts';
import type { Agent, Check, Output, RenderInput } from './agent.ts';
import { attributesOf } from './attributes.ts';
import { compileDeep } from './deep.ts';
import type { HintKey } from './hints.ts';
import type { Reload } from './reload.ts';
import { compilePath } from './template.ts';
import { checkOptions } from './options.ts';

interface OutputRule {
  each: boolean;
  kind: 'file' | 'link';
  path(context: object): string | undefined;
  /** For a file the template's name, for a link the template of where it leads. */
  template?: string;
  to?(context: object): string | undefined;
  mode?: number;
}

/** Paths of a log, which may stand in a link as they are: the disk tells them, not the pod. */
const logPaths = ['log.path', 'log.directory'];

/**
 * An agent from the text of its YAML file. `path` is for errors; `templates` are the names of the agent's templates.
 * Throws one error that names every problem with file and key.
 */
export function parseManifest(text: string, name: string, path: string, templates: ReadonlySet<string>): Agent {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    throw new Error(document.errors.map((error) => `${path}: ${error.message.split('\n')[0]}`).join('\n'));
  }
  const manifest: unknown = document.toJS();
  const problems: string[] = [];
  const say = (key: string, why: string): undefined => {
    problems.push(`${path}: ${key}${why}`);
  };
  if (!isMap(manifest)) throw new Error(`${path}: has to be a mapping with summary, options and outputs`);

  unknownKeys(manifest, ['contract', 'summary', 'options', 'outputs', 'hints', 'reload', 'check'], '', say);
  const summary = manifest['summary'];
  if (typeof summary !== 'string' || summary === '')
    say('summary', ' is missing: one line that says what the agent is for');
  const options = (manifest['options'] ?? {}) as OptionTable;
  problems.push(...checkOptions(options).map((why) => `${path}: ${why}`));
  const outputs = manifest['outputs'];
  if (!Array.isArray(outputs) || outputs.length === 0) say('outputs', ' is missing: a list of what to write');
  const rules = (Array.isArray(outputs) ? outputs : []).map((output: unknown, index) =>
    outputRule(output, `outputs[${index}]`, { path, options: isMap(options) ? options : {}, templates, say }),
  );
  const deep = (key: 'reload' | 'check') => {
    const value = manifest[key];
    if (value === undefined) return undefined;
    if (!isMap(value)) return say(key, ' has to be a mapping');
    try {
      return compileDeep(value, `${path}: ${key}`);
    } catch (error) {
      return say('', (error as Error).message.replace(`${path}: `, ''));
    }
  };
  const reload = deep('reload');
  const check = deep('check');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const complete = rules.filter((rule) => rule !== undefined);
  return {
    name,
    summary: summary as string,
    options,
    ...(manifest['contract'] !== undefined && { contract: manifest['contract'] as number }),
    ...(Array.isArray(manifest['hints']) && { hints: manifest['hints'] as HintKey[] }),
    ...(reload && { reload: (options) => reloadOf(reload({ options }) as Reload) }),
    ...(check && { check: (options) => checkOf(check({ options }) as Check) }),
    render: (input) => render(complete, input),
  };
}

/** None where the operator has left the address or process empty. */
function reloadOf(reload: Reload): Reload | undefined {
  const { url, process, pidFile } = reload as Partial<Record<'url' | 'process' | 'pidFile', string>>;
  return url || process || pidFile ? reload : undefined;
}

function checkOf(check: Check): Check | undefined {
  return check.command?.[0] ? check : undefined;
}

function render(rules: readonly OutputRule[], { targets, node, options, fill }: RenderInput): Output[] {
  const once = { targets, node, options };
  const labels = Array.isArray(options['labels']) ? options['labels'].map(String) : [];
  const each = targets.map((target) => ({
    ...target,
    attributes: attributesOf(target, node, labels),
    node,
    options,
  }));
  return rules.flatMap((rule) => (rule.each ? each : [once]).flatMap((context) => outputOf(rule, context, fill) ?? []));
}

function outputOf(rule: OutputRule, context: object, fill: RenderInput['fill']): Output | undefined {
  const path = rule.path(context);
  if (!path) return undefined;
  if (rule.to) {
    const to = rule.to(context);
    return to ? { kind: 'link', path, to } : undefined;
  }
  const content = fill(rule.template ?? '', context);
  return content.trim() === ''
    ? undefined
    : { kind: 'file', path, content, ...(rule.mode !== undefined && { mode: rule.mode }) };
}

interface Surroundings {
  path: string;
  options: object;
  templates: ReadonlySet<string>;
  say(key: string, why: string): undefined;
}

function outputRule(
  output: unknown,
  key: string,
  { path, options, templates, say }: Surroundings,
): OutputRule | undefined {
  if (!isMap(output)) return say(key, ' has to be a mapping with file or link');
  unknownKeys(output, ['each', 'file', 'link', 'template', 'to', 'mode'], `${key}.`, say);
  const { each, file, link, template, to, mode } = output;
  if (each !== undefined && each !== 'target')
    say(`${key}.each`, ' can only be "target"; without it the output is made once');
  if ((file === undefined) === (link === undefined)) return say(key, ' needs either file or link');
  const kind = file === undefined ? 'link' : 'file';
  const compiled = (name: string, value: unknown, raw: string[]) => {
    if (typeof value !== 'string' || value === '') return say(`${key}.${name}`, ' has to be a text');
    try {
      return compilePath(value, `${path}: ${key}.${name}`, raw);
    } catch (error) {
      return say('', (error as Error).message.replace(`${path}: `, ''));
    }
  };

  const raw = Object.entries(options)
    .filter(([, option]) => isMap(option) && (option['type'] === 'directory' || option['type'] === 'file'))
    .map(([name]) => `options.${name}`);
  const target = compiled(kind, output[kind], raw);
  if (target && target.start === undefined) {
    const starts =
      raw.map((name) => `{{${name}}}`).join(' or ') || 'an option of type directory, of which there is none';
    say(`${key}.${kind}`, ` has to start with ${starts}`);
  }
  const rule = { each: each === 'target', kind, path: (context: object) => target?.render(context) } as const;
  if (kind === 'link') {
    if (template !== undefined || mode !== undefined)
      say(key, ' is a link, so it has neither template nor mode, but to');
    const leads = compiled('to', to, [...raw, ...logPaths]);
    return { ...rule, to: (context) => leads?.render(context) };
  }
  if (to !== undefined) say(`${key}.to`, ' is for links; a file has a template');
  if (typeof template !== 'string') say(`${key}.template`, ' is missing: the name of a template');
  else if (!templates.has(template)) {
    say(
      `${key}.template`,
      `: there is no template "${template}.hbs"; there are ${[...templates].join(', ') || 'none'}`,
    );
  }
  const bits = typeof mode === 'string' && /^0?[0-7]{3}$/.test(mode) ? Number.parseInt(mode, 8) : undefined;
  if (mode !== undefined && bits === undefined) say(`${key}.mode`, ' has to be octal digits in quotes, as in "0600"');
  return { ...rule, template: template as string, mode: bits };
}

function unknownKeys(map: object, known: readonly string[], prefix: string, say: Surroundings['say']): void {
  for (const key of Object.keys(map)) {
    if (!known.includes(key)) say(`${prefix}${key}`, ` is unknown; there are ${known.join(', ')}`);
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
