import { join } from 'node:path';
import type { Agent, Output } from '../../src/agent/agent.ts';
import { listAgents, loadAgents, type AgentPlaces, type LoadedAgent } from '../../src/agent/load.ts';
import type { Target } from '../../src/agent/target.ts';
import { makeOptions, node as ordinary } from '../support/targets.ts';

const root = join(import.meta.dirname, '..', '..');
export const places: AgentPlaces = { builtin: join(root, 'agents'), templates: join(root, 'templates') };

/** Every agent in our folder. */
export async function allAgents(): Promise<LoadedAgent[]> {
  return loadAgents(
    places,
    (await listAgents(places)).map(({ name }) => name),
  );
}

/** One of ours, which render in process. */
export async function oneAgent(name: string): Promise<Omit<LoadedAgent, 'agent'> & { agent: Agent }> {
  const [loaded] = await loadAgents(places, [name]);
  if (!loaded) throw new Error(`no agent ${name}`);
  return { ...loaded, agent: loaded.agent as Agent };
}

export interface Rendering {
  outputs: Output[];
  reports: string[];
  options: Parameters<Agent['render']>[0]['options'];
}

/** What the agent makes of the targets, with its options completed by ordinary ones. */
export function render(
  { agent, fill }: Pick<LoadedAgent, 'agent' | 'fill'>,
  targets: readonly Target[],
  given: Readonly<Record<string, unknown>> = {},
  node = ordinary,
): Rendering {
  const options = makeOptions(agent, given) as Rendering['options'];
  const reports: string[] = [];
  const report = (target: Target, problem: string) => void reports.push(`${target.container.name}: ${problem}`);
  const outputs = agent.render({ targets, node, options, fill, seenByShipper: (path) => path, report });
  if (outputs instanceof Promise) throw new Error(`${agent.name} renders in a thread of its own`);
  return { outputs, reports, options };
}

/** The content of the one file whose path ends so. */
export function contentOf(outputs: readonly Output[], end: string): string {
  const files = outputs.filter((output) => output.kind === 'file' && output.path.endsWith(end));
  if (files.length !== 1 || files[0]?.kind !== 'file') throw new Error(`${files.length} files end with ${end}`);
  return files[0].content;
}
