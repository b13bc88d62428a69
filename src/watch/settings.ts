import { loadAgents, listAgents, type AgentPlaces, type LoadedAgent } from '../agent/load.ts';
import type { Process } from '../config/command.ts';
import { files } from '../config/files.ts';
import { agentsToLoad } from '../config/gather.ts';
import { parseConfig, type Config, type ParseInput } from '../config/parse.ts';
import { join } from 'node:path';
import type { Rules } from './filter.ts';
import type { Settings } from './pass.ts';
import { pathMap } from './path-map.ts';
import { start } from './running.ts';

/** The enabled agents, and how the configuration is read for them, at the start and again later. */
export interface Configuration {
  loaded: readonly LoadedAgent[];
  read(): Config;
}

/**
 * Loads the agents, all of them, since what is set for one that isn't enabled must be known too. What is wrong with an
 * enabled one is told together with all that is wrong in the configuration; a broken one that isn't used is no problem.
 */
export async function configure(
  { argv, env, home }: Pick<Process, 'argv' | 'env' | 'home'>,
  input: Pick<ParseInput, 'ignore' | 'required' | 'offline'>,
): Promise<Configuration> {
  const world = { argv, env, files, ...input };
  const { names, outside } = agentsToLoad(world);
  const places: AgentPlaces = { builtin: join(home, 'agents'), templates: join(home, 'templates'), outside };
  const known = (await listAgents(places)).map(({ name }) => name);
  const loaded: LoadedAgent[] = [];
  const problems: string[] = [];
  for (const name of known) {
    try {
      loaded.push(...(await loadAgents(places, [name])));
    } catch (error) {
      if (names.includes(name)) problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  const agents = loaded.map(({ agent }) => agent);
  const enabled = names.flatMap((name) => loaded.filter(({ agent }) => agent.name === name));
  return { loaded: enabled, read: () => parseConfig({ ...world, agents, known, problems }) };
}

/** The settings of a pass, from a configuration; agents keep what they know from the settings before. */
export function settingsOf({ core, agents }: Config, loaded: readonly LoadedAgent[], before?: Settings): Settings {
  return {
    rules: rulesOf(core),
    node: {
      name: core['node-name'] ?? '',
      cluster: { id: core['cluster-id'] ?? '', alias: core['cluster-alias'], environment: core['cluster-environment'] },
    },
    linger: core.linger * 1000,
    seenByShipper: pathMap(core['path-map']),
    running: loaded.map((one) => {
      const { name } = one.agent;
      return start(
        one,
        agents[name] ?? {},
        before?.running.find(({ agent }) => agent.name === name),
      );
    }),
  };
}

function rulesOf(core: Config['core']): Rules {
  const { 'own-pod-name': name, 'own-namespace': namespace } = core;
  return {
    strictLabels: core['strict-labels'],
    includeLabels: core['include-labels'],
    excludeLabels: core['exclude-labels'],
    includeNamespaces: core['include-namespaces'],
    excludeNamespaces: core['exclude-namespaces'],
    excludeContainers: core['exclude-containers'],
    ownPod: core['include-own-pod'] || !name ? undefined : { uid: core['own-pod-uid'], name, namespace },
  };
}
