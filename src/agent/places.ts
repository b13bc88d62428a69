import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** The directories in which agents are looked for. */
export interface AgentPlaces {
  /** Our agents, one file each. */
  builtin: string;
  /** Our templates: `<agent>/<name>.hbs`. */
  templates: string;
  /**
   * An operator's directories, the first one first, all before ours: agents, and templates as
   * `templates/<agent>/<name>.hbs` or, for a ConfigMap, which has no directories, as `<agent>.<name>.hbs`. A template
   * there replaces one of the same name further back.
   */
  outside?: readonly string[];
}

/** The directories behind what an operator lists, and what is wrong with the rest. */
export interface Outside {
  directories: string[];
  problems: string[];
}

// https://docs.npmjs.com/cli/v11/configuring-npm/package-json#name
const packageName = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * Each entry is a directory, or else the name of a package in a `node_modules` of the working directory, of one above it,
 * or of one of the directories. The agents of a package lie where its package.json says
 * (`"kube-log-watcher": { "agents": "./shippers" }`), or else in its folder `agents`.
 */
export async function findOutside(entries: readonly string[], cwd: string): Promise<Outside> {
  const problems: string[] = [];
  const found: (string | undefined)[] = [];
  const plain: string[] = [];
  for (const entry of entries) {
    const path = resolve(cwd, entry);
    const directory = (await isDirectory(path)) ? await agentsOf(path, problems) : undefined;
    if (directory !== undefined) plain.push(path);
    found.push(directory);
  }
  const homes = [...upwards(resolve(cwd)), ...plain].map((directory) => join(directory, 'node_modules'));
  for (const [index, entry] of entries.entries()) {
    if (found[index] !== undefined || (await isDirectory(resolve(cwd, entry)))) continue;
    const candidates = packageName.test(entry) ? homes.map((home) => join(home, entry)) : [];
    const path = await first(candidates, isDirectory);
    if (path !== undefined) found[index] = await agentsOf(path, problems);
    else problems.push(`has ${entry}, which is neither a directory nor a package that is installed here`);
  }
  return { directories: [...new Set(found.filter((directory) => directory !== undefined))], problems };
}

/** Where the agents of a directory lie: in it, unless it is a package. */
async function agentsOf(path: string, problems: string[]): Promise<string | undefined> {
  const file = join(path, 'package.json');
  const say = (why: string): undefined => void problems.push(`has ${path}, ${why}`);
  let manifest: { name?: unknown; 'kube-log-watcher'?: { agents?: unknown } } | null;
  try {
    manifest = JSON.parse(await readFile(file, 'utf8')) as typeof manifest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path;
    return say(`whose package.json can't be read: ${(error as Error).message}`);
  }
  const told = manifest?.['kube-log-watcher'];
  // A package.json without name and entry only tells Node.js how to read the files beside it.
  if (told === undefined && typeof manifest?.name !== 'string') return path;
  if (told !== undefined && (typeof told !== 'object' || told === null || typeof (told.agents ?? '') !== 'string'))
    return say('in whose package.json "kube-log-watcher" has to be like { "agents": "./agents" }');
  const agents = join(path, typeof told?.agents === 'string' ? told.agents : 'agents');
  if (await isDirectory(agents)) return agents;
  return told === undefined && !path.includes('/node_modules/')
    ? path
    : say(`a package without agents: ${agents} is no directory`);
}

function upwards(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...upwards(parent)];
}

async function first(paths: readonly string[], holds: (path: string) => Promise<boolean>): Promise<string | undefined> {
  for (const path of paths) if (await holds(path)) return path;
  return undefined;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
