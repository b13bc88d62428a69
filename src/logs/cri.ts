import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, Scan } from './container.ts';
import { logTail, parseDockerLog, parseLinkId, parseLogName, parsePodDirectory } from './paths.ts';

/**
 * A look at the kubelet's directory of logs (`/var/log/pods`), and at the links in `/var/log/containers`, which tell
 * the container ids. Every `<restart>.log` is a container instance, as long as it is there. Throws if the directory of
 * pods can't be read; the links are a help that may be missing.
 */
export function criScanner(root: string, links?: string): () => Promise<Scan> {
  const linkIds = links ? linkReader(links) : async () => new Map<string, string>();
  return async () => {
    const scan: Scan = { containers: [], incomplete: [] };
    const [pods, ids] = await Promise.all([readdir(root, { withFileTypes: true }), linkIds()]);
    const lookAtPod = async (name: string) => {
      const pod = parsePodDirectory(name);
      if (!pod) return;
      for (const container of await entriesOf(join(root, name))) {
        if (!container.isDirectory()) continue;
        await lookAtContainer(join(root, name, container.name), container.name, pod, ids, scan);
      }
    };
    await Promise.all(pods.filter((entry) => entry.isDirectory()).map((entry) => lookAtPod(entry.name)));
    return scan;
  };
}

async function lookAtContainer(
  directory: string,
  name: string,
  pod: Container['pod'],
  ids: ReadonlyMap<string, string>,
  scan: Scan,
): Promise<void> {
  let logs = 0;
  for (const entry of await entriesOf(directory)) {
    const restart = parseLogName(entry.name);
    if (restart === undefined) continue;
    logs += 1;
    const path = join(directory, entry.name);
    const found = { name, restart, pod };
    if (entry.isSymbolicLink()) await lookAtLink(path, directory, found, scan);
    else {
      const id = ids.get(logTail(path)) ?? '';
      scan.containers.push({ runtime: 'cri', id, ...found, sandbox: false, log: { path, format: 'cri' }, directory });
    }
  }
  if (logs > 0) return;
  scan.incomplete.push({ directory, reason: 'container-incomplete', detail: 'no log file yet', name, pod });
}

/** On Docker nodes the kubelet makes links into Docker's own directory. */
async function lookAtLink(
  path: string,
  directory: string,
  found: Pick<Container, 'name' | 'restart' | 'pod'>,
  scan: Scan,
): Promise<void> {
  let target = '';
  try {
    target = await readlink(path);
    await stat(path);
  } catch (error) {
    const detail = target === '' ? (error as Error).message : `it leads to ${target}: ${(error as Error).message}`;
    const id = parseDockerLog(target);
    scan.incomplete.push({ directory, reason: 'log-missing', detail, id, ...found });
    return;
  }
  const id = parseDockerLog(target);
  const runtime = id === undefined ? 'cri' : 'docker';
  const log = { path, format: runtime } as const;
  scan.containers.push({ runtime, id: id ?? '', ...found, sandbox: false, log, directory });
}

/** Container ids by the tail of the log's path. A link's target never changes, so each is read once. */
function linkReader(directory: string): () => Promise<Map<string, string>> {
  let known = new Map<string, string>();
  return async () => {
    const next = new Map<string, string>();
    const ids = new Map<string, string>();
    for (const { name } of await entriesOf(directory)) {
      const id = parseLinkId(name);
      if (id === undefined) continue;
      const target = known.get(name) ?? (await readlink(join(directory, name)).catch(ignoreGone));
      if (target === undefined) continue;
      next.set(name, target);
      ids.set(logTail(target), id);
    }
    known = next;
    return ids;
  };
}

/** The entries of a directory that may go at any moment; one that is gone has none. */
async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    ignoreGone(error);
    return [];
  }
}

function ignoreGone(error: unknown): undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!['ENOENT', 'ENOTDIR', 'EINVAL'].includes(code)) throw error;
}
