import { placesOf } from '../agent/outputs.ts';
import { ConfigError } from '../config/error.ts';
import type { Process } from '../config/command.ts';
import type { Config } from '../config/parse.ts';
import { connect } from '../kubernetes/connection.ts';
import { featuresOf, type FeatureName } from '../kubernetes/rbac.ts';
import type { LoadedAgent } from '../agent/load.ts';
import { checkCluster } from './doctor/cluster.ts';
import { checkDirectories } from './doctor/directories.ts';
import { fail, ok, warn, type Finding } from './doctor/finding.ts';
import { checkInotify } from './doctor/inotify.ts';
import { checkSource } from './doctor/kubelet.ts';
import { checkMounts } from './doctor/mounts.ts';
import { checkShippers } from './doctor/shippers.ts';
import { createScan, rootsOf } from './scan.ts';
import { configure } from './settings.ts';

/** Looks at all that the watcher needs where it runs; changes nothing. Each finding that isn't well has its fix. */
export async function examine(process: Process, ignore: readonly string[]): Promise<Finding[]> {
  let config: Config;
  let loaded: readonly LoadedAgent[];
  try {
    const configuration = await configure(process, { ignore, required: ['agents'] });
    loaded = configuration.loaded;
    config = configuration.read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const fix = 'see docs/configuration.md; what else there may be is looked at once this is right';
    return error.problems.map((problem) => fail('configuration', problem, fix));
  }
  const { core, agents, warnings } = config;
  const roots = rootsOf(core);
  const places = loaded.map(({ agent }) => ({ name: agent.name, ...placesOf(agent, agents[agent.name] ?? {}) }));
  const shippers = loaded.map(({ agent }) => ({
    name: agent.name,
    reload: agent.reload?.(agents[agent.name] ?? {}),
  }));
  return [
    ok('configuration', `agents ${core.agents.join(', ')}`),
    ...warnings.map((text) => warn('configuration', text, 'see docs/configuration.md')),
    ...(await checkMounts(roots, createScan(roots))),
    ...(await checkDirectories(places, core['state-path'])),
    ...(await checkInotify(roots.pods ?? roots.containers ?? '/')),
    ...(await clusterOf(core, process)),
    ...(await checkShippers(shippers)),
  ];
}

/** What gives the pods, and the API server as far as anything is asked of it. */
async function clusterOf(core: Config['core'], { signal: ended }: Process): Promise<Finding[]> {
  const signal = AbortSignal.any([ended, AbortSignal.timeout(20_000)]);
  const source = core['pod-source'] === 'api' ? [] : [await checkSource(core, signal)];
  // The rights at a kubelet are told by its own answer.
  const wanted = featuresOf(core).filter((name) => name !== 'kubelet');
  return wanted.length === 0 ? source : [...source, ...(await serverOf(core, wanted, signal))];
}

async function serverOf(core: Config['core'], wanted: readonly FeatureName[], signal: AbortSignal): Promise<Finding[]> {
  const { 'kube-url': kubeUrl, kubeconfig, context } = core;
  try {
    const connection = await connect({ kubeUrl, kubeconfig, context, patience: 5000 });
    const node = core['node-name'] ?? '';
    return await checkCluster(connection, { wanted, node, now: Date.now, signal });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const fix = 'look at network policies, at the service account and at KUBERNETES_SERVICE_HOST';
    return [fail('API server', message || String(code), fix)];
  }
}
