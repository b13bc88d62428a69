import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Node } from '../../src/agent/target.ts';
import { makeTarget, node, type TargetInput } from '../support/targets.ts';
import { oneAgent, render } from './render.ts';

/*
 * golden/<agent>/<case>/ holds input.yaml, expected/ with the files as they would lie below the root, and tree.txt with
 * the kind, mode and place of every output. `node test/agents/golden.ts --update` writes the latter two anew.
 */

interface Input {
  options?: Record<string, unknown>;
  node?: Node;
  /** Targets of another case, `<agent>/<case>`, before its own. */
  targetsOf?: string;
  targets?: TargetInput[];
}

const root = join(import.meta.dirname, 'golden');

/** All cases, as `<agent>/<case>`. */
export async function goldenCases(): Promise<string[]> {
  const agents = await readdir(root);
  const cases = await Promise.all(
    agents.map(async (agent) => (await readdir(join(root, agent))).map((name) => `${agent}/${name}`)),
  );
  return cases.flat().sort();
}

/** What the case's input gives now: the content of files by path from the case's folder. */
export async function actualFiles(name: string): Promise<Map<string, string>> {
  const input = await readInput(name);
  const loaded = await oneAgent(name.split('/')[0] ?? '');
  const targets = (await targetsOf(input)).map((target) => makeTarget(target));
  const { outputs, reports } = render(loaded, targets, input.options, input.node ?? node);
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

/** What the case's folder says it should give. */
export async function expectedFiles(name: string): Promise<Map<string, string>> {
  const entries = await readdir(join(root, name), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, name).length + 1));
  const wanted = paths.filter((path) => path !== 'input.yaml').sort();
  return new Map(
    await Promise.all(wanted.map(async (path) => [path, await readFile(join(root, name, path), 'utf8')] as const)),
  );
}

async function readInput(name: string): Promise<Input> {
  return parse(await readFile(join(root, name, 'input.yaml'), 'utf8'), { merge: true }) as Input;
}

async function targetsOf({ targetsOf: other, targets = [] }: Input): Promise<TargetInput[]> {
  return other ? [...(await targetsOf(await readInput(other))), ...targets] : targets;
}

async function update(name: string): Promise<void> {
  await rm(join(root, name, 'expected'), { recursive: true, force: true });
  for (const [path, content] of await actualFiles(name)) {
    await mkdir(dirname(join(root, name, path)), { recursive: true });
    await writeFile(join(root, name, path), content);
  }
}

if (process.argv[1] === import.meta.filename) {
  if (!process.argv.includes('--update')) throw new Error('only --update is known');
  for (const name of await goldenCases()) await update(name);
}
