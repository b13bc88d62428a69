import { posix } from 'node:path';
import type { OptionTable, Values } from '../config/option.ts';
import type { Agent, Output } from './agent.ts';

/** Where an agent may write: anywhere below the directories, and exactly the files. */
export interface Places {
  directories: string[];
  files: string[];
}

/** The places of an agent with these options; an option without a value is none. */
export function placesOf<O extends OptionTable>(
  agent: Pick<Agent<O>, 'options' | 'directories'>,
  options: Values<O>,
): Places {
  const valuesOf = (type: 'directory' | 'file'): string[] =>
    Object.keys(agent.options)
      .filter((name) => agent.options[name]?.type === type)
      .map((name): unknown => options[name])
      .filter((value): value is string => typeof value === 'string' && value !== '')
      .map(withoutSlash);
  const further = agent.directories?.(options).map(withoutSlash) ?? [];
  return { directories: [...valuesOf('directory'), ...further], files: valuesOf('file') };
}

/** Says what is wrong with the outputs of an agent; nothing is written while anything is. */
export function checkOutputs<O extends OptionTable>(
  agent: Pick<Agent<O>, 'name' | 'options' | 'directories'>,
  outputs: readonly Output[],
  options: Values<O>,
): string[] {
  const places = placesOf(agent, options);
  const problems: string[] = [];
  const paths = new Set<string>();
  for (const output of outputs) {
    const say = (why: string) => problems.push(`Agent ${agent.name}: ${JSON.stringify(output.path)} ${why}`);
    for (const why of [...pathProblems(output.path, places), ...contentProblems(output)]) say(why);
    if (paths.has(output.path)) say('is the path of more than one output');
    paths.add(output.path);
  }
  for (const path of paths) {
    for (let parent = posix.dirname(path); parent.length > 1; parent = posix.dirname(parent)) {
      if (paths.has(parent)) {
        problems.push(
          `Agent ${agent.name}: ${JSON.stringify(parent)} is an output, so ${JSON.stringify(path)} can't lie below it`,
        );
      }
    }
  }
  return problems;
}

function pathProblems(path: string, { directories, files }: Places): string[] {
  if (typeof path !== 'string' || !path.startsWith('/')) return ['is no absolute path'];
  if (path.includes('\0')) return ['contains a NUL character'];
  if (path !== posix.normalize(path) || path.endsWith('/'))
    return ['is not a normal path: no "..", "//" or "/" at the end'];
  const problems: string[] = [];
  if (path.split('/').some((part) => Buffer.byteLength(part) > 255)) problems.push('has a name of more than 255 bytes');
  if (Buffer.byteLength(path) > 4095) problems.push('has more than 4095 bytes');
  const allowed =
    files.includes(path) || directories.some((place) => path.startsWith(place === '/' ? place : `${place}/`));
  if (!allowed)
    problems.push(`does not lie in a place that the options give: ${[...directories, ...files].join(', ') || 'none'}`);
  return problems;
}

function contentProblems(output: Output): string[] {
  if (output.kind === 'link') {
    const { to } = output;
    return typeof to !== 'string' || to === '' || to.includes('\0') ? ['is a link that leads nowhere'] : [];
  }
  if (output.kind !== 'file') return ['is neither a file nor a link'];
  const { content, mode = 0o644 } = output;
  return [
    ...(typeof content === 'string' ? [] : ['is a file without content']),
    ...(Number.isInteger(mode) && mode >= 0 && mode <= 0o777 ? [] : ['has no valid mode']),
  ];
}

function withoutSlash(path: string): string {
  return posix.normalize(path).replace(/(.)\/+$/, '$1');
}
