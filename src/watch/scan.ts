import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { containerKey, type Container, type Scan } from '../logs/container.ts';
import { criScanner } from '../logs/cri.ts';
import { dockerScanner } from '../logs/docker.ts';

/** Where containers are looked for, by the paths that the watcher sees. */
export interface Roots {
  /** Docker's directory of containers. */
  containers?: string;
  /** The kubelet's directory of logs. */
  pods?: string;
  /** The kubelet's directory of links to them. */
  links?: string;
}

/** The places of a standard node; the second is the one of the Python kubernetes-log-watcher. */
const usual = { containers: ['/var/lib/docker/containers', '/mnt/containers'], pods: ['/var/log/pods'] };

/** What the options give, and where they give neither the usual places that there are. */
export function rootsOf(
  given: { 'containers-path'?: string; 'pods-path'?: string; 'links-path'?: string },
  exists: (path: string) => boolean = existsSync,
): Roots {
  const chosen = given['containers-path'] !== undefined || given['pods-path'] !== undefined;
  const containers = chosen ? given['containers-path'] : usual.containers.find(exists);
  const pods = chosen ? given['pods-path'] : usual.pods.find(exists);
  const links = given['links-path'] ?? (pods && join(dirname(pods), 'containers'));
  return { containers, pods, links };
}

/** A look at all places; each container once, in canonical order. Throws if one of them can't be read. */
export function createScan(roots: Roots): () => Promise<Scan> {
  const docker = roots.containers && named('--containers-path', roots.containers, dockerScanner(roots.containers));
  const cri = roots.pods && named('--pods-path', roots.pods, criScanner(roots.pods, roots.links));
  if (!docker && !cri) {
    return () =>
      Promise.reject(
        new Error('no directory of containers: mount one, and name it by --containers-path or --pods-path'),
      );
  }
  return async () => {
    const [ofDocker, ofPods] = await Promise.all([docker ? docker() : nothing, cri ? cri() : nothing]);
    return merge(ofDocker, ofPods);
  };
}

const nothing: Scan = { containers: [], incomplete: [] };

/** Docker's own directory tells more of a container than the kubelet's link to it, but not always the restart. */
function merge(docker: Scan, pods: Scan): Scan {
  const linked = new Map(pods.containers.map((container) => [containerKey(container), container]));
  const found = new Map(linked);
  for (const container of docker.containers) {
    const key = containerKey(container);
    found.set(key, { ...container, restart: container.restart || (linked.get(key)?.restart ?? 0) });
  }
  const ids = new Set([...docker.containers, ...docker.incomplete].map(({ id }) => id));
  const incomplete = pods.incomplete.filter(({ id }) => id === undefined || !ids.has(id));
  const byKey = (a: Container, b: Container) => (containerKey(a) < containerKey(b) ? -1 : 1);
  return { containers: [...found.values()].sort(byKey), incomplete: [...docker.incomplete, ...incomplete] };
}

function named(option: string, root: string, scan: () => Promise<Scan>): () => Promise<Scan> {
  return async () => {
    try {
      return await scan();
    } catch (error) {
      throw new Error(`${option} ${root} can't be read: ${(error as Error).message}`, { cause: error });
    }
  };
}
