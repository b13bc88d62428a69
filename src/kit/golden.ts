import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Node } from '../agent/target.ts';
import { renderWith, type Subject, type Tested } from './subject.ts';
import { makeOptions, makeTarget, type TargetInput } from './targets.ts';

/*
 * golden/<agent>/<case>/ holds input.yaml, expected/ with the files as they would lie below the root, and tree.txt with
 * the kind, mode and place of every output.
 */

interface Input {
  options?: Record<string, unknown>;
  node?: Node;
  /** Targets of another case, `<agent>/<case>`, before its own. */
  targetsOf?: string;
  targets?: TargetInput[];
}

/** The names of the cases in an agent's folder; none if there is no such folder. */
export async function goldenCases(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The options that a case gives to the agent. */
export async function goldenOptions(directory: string): Promise<Record<string, unknown>> {
  return (await readInput(directory)).options ?? {};
}

/** What the case's input gives now: the content of files by path from the case's directory. */
export async function actualFiles({ agent, fill }: Tested, directory: string): Promise<Map<string, string>> {
  const input = await readInput(directory);
  const targets = (await targetsOf(input, dirname(dirname(directory)))).map((target) => makeTarget(target));
  const options = makeOptions(agent, input.options) as Subject['options'];
  const { outputs, reports } = await renderWith({ agent, fill, options }, targets, input.node);
  const tree = outputs.map((output) =>
    output.kind === 'link'
      ? `link ${output.path} -> ${output.to}`
      : `file ${(output.mode ?? 0o644).toString(8)} ${output.path}`,
  );
  const files = outputs.flatMap((output) =>
    output.kind === 'file' ? [[`expected${output.path}`, output.content] as const] : [],
  );
  return new Map([
    ['tree.txt', `${[...tree.sort(), ...reports.map((report) => `report ${report}`)].join('\n')}\n`],
    ...files,
  ]);
}

/** What the case's directory says it should give. */
async function expectedFiles(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, '/').length))
    .filter((path) => path === 'tree.txt' || path.startsWith('expected/'))
    .sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(directory, path), 'utf8')] as const)),
  );
}

/** Says how a case differs from what it should give; a line for each file. */
export async function compare(loaded: Tested, directory: string): Promise<string[]> {
  const [actual, expected] = [await actualFiles(loaded, directory), await expectedFiles(directory)];
  const paths = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  return paths.flatMap((path) => {
    const [now, then] = [actual.get(path), expected.get(path)];
    if (now === undefined) return [`${path} is not made any more`];
    if (then === undefined) return [`${path} is new`];
    return now === then ? [] : [`${path} differs, first in ${difference(then, now)}`];
  });
}

/** Writes down what the case gives now. */
export async function update(loaded: Tested, directory: string): Promise<void> {
  const files = await actualFiles(loaded, directory);
  await rm(join(directory, 'expected'), { recursive: true, force: true });
  for (const [path, content] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

function difference(before: string, now: string): string {
  const [old, current] = [before.split('\n'), now.split('\n')];
  const at = old.findIndex((line, index) => line !== current[index]);
  const index = at < 0 ? old.length : at;
  const show = (line: string | undefined) => (line === undefined ? 'nothing' : JSON.stringify(line.slice(0, 200)));
  return `line ${index + 1}: expected ${show(old[index])}, got ${show(current[index])}`;
}

async function readInput(directory: string): Promise<Input> {
  const path = join(directory, 'input.yaml');
  try {
    return (parse(await readFile(path, 'utf8'), { merge: true }) ?? {}) as Input;
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

async function targetsOf({ targetsOf: other, targets = [] }: Input, root: string): Promise<TargetInput[]> {
  return other ? [...(await targetsOf(await readInput(join(root, other)), root)), ...targets] : targets;
}
