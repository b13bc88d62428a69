import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { actualFiles as actualIn, goldenCases as casesIn, update } from '../../src/kit/golden.ts';
import { oneAgent } from './render.ts';

/* `node test/agents/golden.ts --update` writes the expected files of all cases anew; see src/kit/golden.ts. */

export const root = join(import.meta.dirname, 'golden');

/** All cases, as `<agent>/<case>`. */
export async function goldenCases(): Promise<string[]> {
  const agents = await readdir(root);
  const cases = await Promise.all(
    agents.map(async (agent) => (await casesIn(join(root, agent))).map((name) => `${agent}/${name}`)),
  );
  return cases.flat().sort();
}

/** What the case's input gives now: the content of files by path from the case's folder. */
export async function actualFiles(name: string): Promise<Map<string, string>> {
  return actualIn(await oneAgent(name.split('/')[0] ?? ''), join(root, name));
}

if (process.argv[1] === import.meta.filename) {
  if (!process.argv.includes('--update')) throw new Error('only --update is known');
  for (const name of await goldenCases()) await update(await oneAgent(name.split('/')[0] ?? ''), join(root, name));
}
