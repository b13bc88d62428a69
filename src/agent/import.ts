import { pathToFileURL } from 'node:url';
import { contractVersion, type Agent } from './agent.ts';
import { hintKeys } from './hints.ts';
import { checkOptions } from './options.ts';

/** The agent that is the default export of a file. Throws one error that names every problem with the path. */
export async function importAgent(name: string, path: string): Promise<Agent> {
  let module: { default?: Partial<Agent> };
  try {
    module = (await import(pathToFileURL(path).href)) as typeof module;
  } catch (error) {
    throw new Error(`${path}: can't be loaded: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const agent = module.default;
  if (typeof agent !== 'object' || agent === null) throw new Error(`${path}: has no default export that is an agent`);
  const problems = checkOptions(agent.options);
  if (agent.name !== name) problems.push(`name is ${JSON.stringify(agent.name)}, but the file's name says "${name}"`);
  if (typeof agent.summary !== 'string' || agent.summary === '') problems.push('summary is missing');
  if (typeof agent.render !== 'function') problems.push('render is no function');
  for (const part of ['reload', 'check', 'directories'] as const)
    if (agent[part] !== undefined && typeof agent[part] !== 'function') problems.push(`${part} is no function`);
  if (problems.length > 0) throw new Error(problems.map((why) => `${path}: ${why}`).join('\n'));
  return agent as Agent;
}

/** Says what is wrong with an agent's claims on the contract. */
export function contractProblems({ contract = 1, hints = [] }: Pick<Agent, 'contract' | 'hints'>): string[] {
  const problems: string[] = [];
  if (!Number.isInteger(contract) || contract < 1) problems.push('contract has to be the number of a version');
  else if (contract > contractVersion)
    problems.push(`is written for version ${contract} of the contract; this program has ${contractVersion}`);
  for (const hint of Array.isArray(hints) ? hints : [hints])
    if (!hintKeys.includes(hint)) problems.push(`hints: there is no "${hint}"; there are ${hintKeys.join(', ')}`);
  return problems;
}
