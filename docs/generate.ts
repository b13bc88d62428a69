// Writes docs/configuration.md, and the tables of metrics in docs/operating.md: `node docs/generate.ts`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listAgents, loadAgents } from '../src/agent/load.ts';
import { document } from '../src/config/document.ts';
import all from '../src/all/commands/all.ts';
import serve from '../src/all/commands/serve.ts';
import ship from '../src/ship/commands/ship.ts';
import { operating, operatingPage } from './metrics.ts';

const root = join(import.meta.dirname, '..');
export const page = join(root, 'docs', 'configuration.md');

/** What the page should hold. */
export async function configurationPage(): Promise<string> {
  const places = { builtin: join(root, 'agents'), templates: join(root, 'templates') };
  const names = (await listAgents(places)).map(({ name }) => name);
  const agents = (await loadAgents(places, names)).map(({ agent }) => agent);
  return document(agents, [
    { name: 'ship', summary: ship.summary, options: ship.options },
    { name: 'serve', summary: serve.summary, options: serve.options },
    { name: 'all', summary: all.summary, options: all.options },
  ]);
}

if (import.meta.main) {
  await writeFile(page, await configurationPage());
  await writeFile(operating, await operatingPage());
}
