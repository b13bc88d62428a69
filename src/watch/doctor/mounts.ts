import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { why } from '../../config/why.ts';
import type { Scan } from '../../logs/container.ts';
import type { Roots } from '../scan.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const asRoot = 'run as root (runAsUser: 0), or as a user who may read it; no capability is needed';

/** Whether the node's directories are there and can be read, and the logs in them. */
export async function checkMounts(roots: Roots, scan: () => Promise<Scan>): Promise<Finding[]> {
  const { containers, pods, links } = roots;
  const places = [containers, pods, links].filter((path) => path !== undefined);
  if (containers === undefined && pods === undefined) {
    const fix = 'mount /var/log/pods, /var/log/containers and /var/lib/docker/containers of the node, read only';
    return [fail('mounts', 'no directory of containers is here', fix)];
  }
  const found = await Promise.all(places.map(checkDirectory));
  if (found.some(({ state }) => state === 'fail')) return found;
  try {
    return [...found, ...(await checkLogs(await scan()))];
  } catch (error) {
    return [...found, fail('containers', (error as Error).message, asRoot)];
  }
}

async function checkDirectory(path: string): Promise<Finding> {
  const name = `mount ${path}`;
  try {
    return ok(name, `${(await readdir(path)).length} entries`);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return fail(name, why(error), missing ? `mount ${path} of the node, read only` : asRoot);
  }
}

/** Every log is one that the shipper has to open too. */
async function checkLogs({ containers, incomplete }: Scan): Promise<Finding[]> {
  const missing = incomplete.filter(({ reason }) => reason === 'log-missing');
  const [lost] = missing;
  const nowhere = 'mount the directory that it leads to at the same path; for Docker /var/lib/docker/containers';
  const links = `${missing.length} logs are links that lead nowhere: ${lost?.detail}`;
  const dangling = lost ? [(containers.length > 0 ? warn : fail)('links', links, nowhere)] : [];
  const problems = await Promise.all(containers.map(({ log }) => problemOf(log.path)));
  const closed = problems.filter((problem) => problem !== undefined);
  const count = `${closed.length} of ${containers.length} logs can't be opened, the first: ${closed[0]}`;
  const opened = ok('logs', `${containers.length} containers, all their logs can be opened`);
  return [...dangling, closed.length > 0 ? fail('logs', count, asRoot) : opened];
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.R_OK);
    return undefined;
  } catch (error) {
    // A container may go at any moment.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : `${path}: ${why(error)}`;
  }
}
