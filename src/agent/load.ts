import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suggestion } from '../config/closest.ts';
import type { Agent, Fill, Output, RenderInput } from './agent.ts';
import { contractProblems, importAgent } from './import.ts';
import { parseManifest } from './manifest.ts';
import type { AgentPlaces } from './places.ts';
import { createFill } from './template.ts';
import { createWorkerAgent } from './worker.ts';

export type { AgentPlaces } from './places.ts';

/** An agent as it is run: one that works in a thread of its own answers later. */
export type RunnableAgent = Omit<Agent, 'render'> & { render(input: RenderInput): Output[] | Promise<Output[]> };

/** An agent and what belongs to it. */
export interface LoadedAgent {
  agent: RunnableAgent;
  /** To be handed to `agent.render`. */
  fill: Fill;
  /** The agent's file. */
  path: string;
  /** False for an operator's. */
  builtin: boolean;
}

/** The file that stands for an agent, for lists. */
export type AgentEntry = Pick<LoadedAgent, 'path' | 'builtin'> & { name: string };

// A later one is only looked at where there is no earlier one: beside `.ts`, `.js` is its compiled form.
const endings = ['.js', '.ts', '.yaml'];

/**
 * Loads the agents of these names, in this order. Throws one error that names every problem. Code that isn't ours gets
 * a thread of its own for each, unless this already is one.
 */
export async function loadAgents(
  places: AgentPlaces,
  names: readonly string[],
  { threads = true } = {},
): Promise<LoadedAgent[]> {
  const known = await listAgents(places);
  const loaded: LoadedAgent[] = [];
  const problems: string[] = [];
  for (const name of new Set(names)) {
    const entry = known.find((entry) => entry.name === name);
    try {
      if (!entry) throw new Error(unknownAgent(name, known));
      loaded.push(await load(entry, places, threads));
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return loaded;
}

/** All agents that there are, by name; an operator's hides ours of the same name. */
export async function listAgents({ builtin, outside = [] }: AgentPlaces): Promise<AgentEntry[]> {
  const entries = new Map<string, AgentEntry>();
  for (const directory of [builtin, ...outside.toReversed()]) {
    const files = await readdir(directory);
    for (const ending of endings.toReversed()) {
      for (const file of files.filter((file) => file.endsWith(ending))) {
        const name = file.slice(0, -ending.length);
        if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) continue;
        entries.set(name, { name, path: join(directory, file), builtin: directory === builtin });
      }
    }
  }
  return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function load({ name, path, builtin }: AgentEntry, places: AgentPlaces, threads: boolean): Promise<LoadedAgent> {
  const templates = await readTemplates(name, places);
  const fill = createFill(templates);
  const agent = path.endsWith('.yaml')
    ? parseManifest(await readFile(path, 'utf8'), name, path, new Set(templates.keys()))
    : builtin || !threads
      ? await importAgent(name, path)
      : await createWorkerAgent({ name, path, templates });
  const wrong = contractProblems(agent);
  if (wrong.length > 0) throw new Error(wrong.map((why) => `${path}: ${why}`).join('\n'));
  return { agent, fill, path, builtin };
}

async function readTemplates(agent: string, { templates, outside = [] }: AgentPlaces) {
  const found = new Map<string, { path: string; text: string }>();
  const read = async (directory: string, prefix: string) => {
    for (const file of await filesIn(directory)) {
      if (!file.startsWith(prefix) || !file.endsWith('.hbs')) continue;
      const path = join(directory, file);
      found.set(file.slice(prefix.length, -'.hbs'.length), { path, text: await readFile(path, 'utf8') });
    }
  };
  await read(join(templates, agent), '');
  for (const directory of outside.toReversed()) {
    await read(directory, `${agent}.`);
    await read(join(directory, 'templates', agent), '');
  }
  return found;
}

/** The names in a directory; none if there is no such directory. */
async function filesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function unknownAgent(name: string, known: readonly AgentEntry[]): string {
  const names = known.map((entry) => entry.name);
  return `There is no agent "${name}"${suggestion(name.toLowerCase(), names)} Known are ${names.join(', ')}.`;
}
