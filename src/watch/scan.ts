import { accessSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { containerKey, type Incomplete, type Scan } from '../logs/container.ts';
import { criScanner } from '../logs/cri.ts';
import { dockerScanner } from '../logs/docker.ts';

/** Where containers are looked for, by the paths that the watcher sees. */
export interface Roots {
  /** Docker's directory of containers. */
  containers?: string;
  /** The kubelet's directory of logs. */
  pods?: string;
  /** The kubelet's directory of links to them; it may be missing unless it was asked for. */
  links?: string;
  linksRequired?: boolean;
}

/** The places of a standard node; the second is the one of the Python kubernetes-log-watcher. */
const usual = { containers: ['/var/lib/docker/containers', '/mnt/containers'], pods: ['/var/log/pods'] };

/** What the options give, and where they give neither the usual places that there are. */
export function rootsOf(
  given: { 'containers-path'?: string; 'pods-path'?: string; 'links-path'?: string },
  exists: (path: string) => boolean = existsSync,
): Roots {
  const absolute = (path: string | undefined) => path && resolve(path);
  const [givenContainers, givenPods] = [absolute(given['containers-path']), absolute(given['pods-path'])];
  const chosen = givenContainers !== undefined || givenPods !== undefined;
  const containers = chosen ? givenContainers : usual.containers.find(exists);
  const pods = chosen ? givenPods : usual.pods.find(exists);
  const links = absolute(given['links-path']) ?? (pods && join(dirname(pods), 'containers'));
  return { containers, pods, links, ...(given['links-path'] !== undefined && { linksRequired: true }) };
}

/** A look at all places; each container once, in canonical order. Throws if one of them can't be read. */
export function createScan({ containers, pods, links, linksRequired }: Roots): () => Promise<Scan> {
  const docker = containers === undefined ? undefined : dockerScanner(containers);
  const cri = pods === undefined ? undefined : criScanner(pods, links);
  return async () => {
    if (!docker && !cri)
      throw new Error('no directory of containers: mount one, and name it by --containers-path or --pods-path');
    if (linksRequired && links) reading('links-path', links, () => accessSync(links));
    return merge(
      docker ? reading('containers-path', containers, docker) : nothing,
      cri ? reading('pods-path', pods, cri) : nothing,
    );
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
  const incomplete = [
    // Where Docker's own files fail, the kubelet's link may do.
    ...docker.incomplete.filter(({ id }) => id === undefined || !linked.has(id)),
    ...pods.incomplete.filter(({ id }) => id === undefined || !ids.has(id)),
  ];
  return { containers: inOrder(found), incomplete: inOrder(incomplete.map((one) => [placeOf(one), one])) };
}

const placeOf = ({ directory, restart = 0 }: Incomplete) => `${directory}/${restart}`;

function inOrder<T>(list: Iterable<readonly [key: string, one: T]>): T[] {
  return [...list].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function reading<T>(option: string, path: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const variable = `WATCHER_${option.toUpperCase().replaceAll('-', '_')}`;
    throw new Error(`--${option} (${variable}) ${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
}
