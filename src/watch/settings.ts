import { join } from 'node:path';
import { loadAgents, listAgents, type AgentPlaces, type LoadedAgent } from '../agent/load.ts';
import { findOutside } from '../agent/places.ts';
import type { Process } from '../config/command.ts';
import { files } from '../config/files.ts';
import { agentsToLoad } from '../config/gather.ts';
import { why } from '../config/why.ts';
import { parseConfig, type Config, type ParseInput } from '../config/parse.ts';
import type { Rules } from './filter.ts';
import type { HintRules } from './hints.ts';
import { checkPolicy, compilePolicy } from './hints/policy.ts';
import { checkTenants, compileTenants } from './hints/tenants.ts';
import { checkLabelMap, compileLabelMap, isOfNamespace } from './label-map.ts';
import type { Settings } from './pass.ts';
import { pathMap } from '../agent/path-map.ts';
import { start } from './running.ts';

/** The enabled agents, and how the configuration is read for them, at the start and again later. */
export interface Configuration {
  loaded: readonly LoadedAgent[];
  read(): Config;
}

/**
 * What is wrong with an enabled agent is told together with all that is wrong in the configuration. All agents are
 * loaded, since what is set for one that isn't enabled must be known too; a broken one that isn't used is no problem.
 */
export async function configure(
  process: Pick<Process, 'argv' | 'env' | 'home'>,
  input: Pick<ParseInput, 'ignore' | 'required' | 'offline'>,
): Promise<Configuration> {
  const { argv, env } = process;
  const { loaded, known, broken, enabled } = await allAgents(process, input.ignore);
  const agents = loaded.map(({ agent }) => agent);
  const problems = [...broken].flatMap(([name, problem]) => (name === '' || enabled.includes(name) ? problem : []));
  return {
    loaded: enabled.flatMap((name) => loaded.filter(({ agent }) => agent.name === name)),
    read: () => {
      const config = parseConfig({ argv, env, files, ...input, agents, known, problems, checks });
      return { ...config, warnings: [...config.warnings, ...blindSources(config.core)] };
    },
  };
}

/** Sources that have nothing to give, since nobody reads it. */
function blindSources(core: Config['core']): string[] {
  const sources = core['namespace-labels'] ? [] : Object.values(compileLabelMap(core['label-map'])).flat();
  const blind = sources.map(({ text }) => text).filter(isOfNamespace);
  return blind.map((text) => `${text} in \`--label-map\` is always empty without \`--namespace-labels\``);
}

/** All agents that there are; what is wrong with one by its name, and what is wrong with their places by an empty one. */
export async function allAgents(
  { argv, env, home }: Pick<Process, 'argv' | 'env' | 'home'>,
  ignore?: readonly string[],
) {
  const { names: enabled, outside: given } = agentsToLoad({ argv, env, files, ignore });
  const { directories, problems } = await findOutside(given, files.absolute('.'));
  const broken = new Map<string, string>();
  const ours: AgentPlaces = { builtin: join(home, 'agents'), templates: join(home, 'templates') };
  let places: AgentPlaces = { ...ours, outside: directories };
  const entries = await listAgents(places).catch((error: unknown) => {
    if (directories.length === 0) throw error;
    problems.push(`has a directory that can't be read: ${why(error)}`);
    places = ours;
    return listAgents(places);
  });
  const told = problems.map((problem) => `\`--agents-path\` (WATCHER_AGENTS_PATH) ${problem}.`);
  if (told.length > 0) broken.set('', told.join('\n'));
  const known = entries.map(({ name }) => name);
  const loaded: LoadedAgent[] = [];
  for (const name of known) {
    try {
      loaded.push(...(await loadAgents(places, [name])));
    } catch (error) {
      broken.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  return { loaded, known, broken, enabled };
}

/** The settings of a pass, from a configuration; agents keep what they know from the settings before. */
export function settingsOf({ core, agents }: Config, loaded: readonly LoadedAgent[], before?: Settings): Settings {
  return {
    rules: rulesOf(core),
    hints: hintRules(core),
    labelMap: compileLabelMap(core['label-map']),
    node: {
      name: core['node-name'] ?? '',
      labels: {},
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

/** What is asked of the options that hold hints. */
export const hintChecks = { 'hint-policy': checkPolicy, tenants: checkTenants };

const checks = { ...hintChecks, 'label-map': checkLabelMap };

export function hintRules(core: Config['core']): HintRules {
  return {
    allowed: new Set(core.hints.filter((key) => key !== 'none')),
    policy: compilePolicy(core['hint-policy']),
    tenants: compileTenants(core.tenants),
  };
}

function rulesOf(core: Config['core']): Rules {
  const { 'own-pod-name': name, 'own-namespace': namespace } = core;
  return {
    strictLabels: core['strict-labels'],
    labelMap: compileLabelMap(core['label-map']),
    includeLabels: core['include-labels'],
    excludeLabels: core['exclude-labels'],
    includeNamespaces: core['include-namespaces'],
    excludeNamespaces: core['exclude-namespaces'],
    excludeContainers: core['exclude-containers'],
    requireInclude: core['require-include'],
    ownPod: core['include-own-pod'] || !name ? undefined : { uid: core['own-pod-uid'], name, namespace },
  };
}
