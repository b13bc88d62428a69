import { readdirSync, readlinkSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { why } from '../config/why.ts';
import type { Container, Scan } from './container.ts';
import { logTail, parseDockerLog, parseLinkId, parseLogName, parsePodDirectory, parseRotatedName } from './paths.ts';

/** A container of a pod, as far as its directory tells. */
type Place = Pick<Container, 'name' | 'pod' | 'directory'>;

/**
 * A look at the kubelet's directory of logs (`/var/log/pods`), and at the links in `/var/log/containers`, which tell
 * the container ids. Every `<restart>.log` is a container instance, as long as it is there. Throws if the directory of
 * pods can't be read; the links are a help that may be missing. Synchronous: 500 containers take 5 ms, and through the
 * thread pool more than twice as much.
 */
export function criScanner(root: string, links?: string): () => Scan {
  const linkIds = links ? linkReader(links) : () => new Map<string, string>();
  let known = new Map<string, string[]>();
  let begun = new Set<string>();
  return () => {
    const scan: Scan = { containers: [], incomplete: [] };
    const next: typeof known = new Map();
    const nextBegun = new Set<string>();
    const pods = readdirSync(root, { withFileTypes: true });
    const ids = linkIds();
    for (const entry of pods) {
      const pod = entry.isDirectory() ? parsePodDirectory(entry.name) : undefined;
      if (!pod) continue;
      const directory = join(root, entry.name);
      let names: string[] = [];
      try {
        names = (entriesOf(directory) ?? []).flatMap((one) => (one.isDirectory() ? one.name : []));
      } catch (error) {
        // Of a pod that can't be read now, the containers of the last look are still there, though in the dark.
        scan.incomplete.push({ directory, reason: 'container-incomplete', detail: why(error), pod });
        names = known.get(entry.name) ?? [];
      }
      next.set(entry.name, names);
      for (const name of names) {
        const place = { name, pod, directory: join(directory, name) };
        if (lookAtContainer(place, ids, scan, begun)) nextBegun.add(place.directory);
      }
    }
    begun = nextBegun;
    known = next;
    return scan;
  };
}

/** True once a log has begun in the directory; when such a one is empty later, its containers are gone. */
function lookAtContainer(
  place: Place,
  ids: ReadonlyMap<string, string>,
  scan: Scan,
  begun: ReadonlySet<string>,
): boolean {
  const unfinished = (detail: string, restart?: number) =>
    scan.incomplete.push({ ...place, reason: 'container-incomplete', detail, restart });
  let entries: Dirent[] | undefined;
  try {
    entries = entriesOf(place.directory);
  } catch (error) {
    unfinished(why(error));
    return begun.has(place.directory);
  }
  if (!entries) return false;
  const logs = new Set<number>();
  const rotated = new Set<number>();
  for (const entry of entries) {
    const restart = parseLogName(entry.name);
    const old = parseRotatedName(entry.name);
    if (old !== undefined) rotated.add(old);
    if (restart === undefined || !(entry.isFile() || entry.isSymbolicLink())) continue;
    logs.add(restart);
    const path = join(place.directory, entry.name);
    if (entry.isSymbolicLink()) {
      lookAtLink(path, { ...place, restart }, ids, scan);
      continue;
    }
    const id = ids.get(logTail(path)) ?? '';
    scan.containers.push({ runtime: 'cri', id, ...place, restart, sandbox: false, log: { path, format: 'cri' } });
  }
  // The kubelet renames the log and then has the runtime make a new one: between the two there is none.
  for (const restart of rotated.difference(logs)) unfinished('its log is being rotated', restart);
  const begins = logs.size > 0 || rotated.size > 0 || begun.has(place.directory);
  if (!begins) unfinished('no log file yet');
  return begins;
}

/** On Docker nodes the kubelet makes links into Docker's own directory. */
function lookAtLink(path: string, found: Place & { restart: number }, ids: ReadonlyMap<string, string>, scan: Scan) {
  let target = '';
  try {
    target = readlinkSync(path);
    statSync(path);
  } catch (error) {
    if (target === '' && isGone(error)) return;
    const id = parseDockerLog(target);
    scan.incomplete.push({ ...found, reason: 'log-missing', detail: `it leads to ${target}: ${why(error)}`, id });
    return;
  }
  const docker = parseDockerLog(target);
  const runtime = docker === undefined ? 'cri' : 'docker';
  const id = docker ?? ids.get(logTail(path)) ?? '';
  scan.containers.push({ runtime, id, ...found, sandbox: false, log: { path, format: runtime } });
}

/** Container ids by the tail of the log's path. The id is in the link's name, so each link is read once. */
function linkReader(directory: string): () => Map<string, string> {
  let known = new Map<string, string>();
  return () => {
    const next: typeof known = new Map();
    const ids = new Map<string, string>();
    for (const { name } of entriesOf(directory) ?? []) {
      const id = parseLinkId(name);
      const target = id === undefined ? undefined : (known.get(name) ?? readLink(join(directory, name)));
      if (id === undefined || target === undefined) continue;
      next.set(name, target);
      const tail = logTail(target);
      // An old link that was left behind may lead to the same log; then neither is believed.
      ids.set(tail, ids.has(tail) && ids.get(tail) !== id ? '' : id);
    }
    known = next;
    return ids;
  };
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** The entries of a directory that may go at any moment; undefined if it is gone. */
function entriesOf(directory: string): Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Or was never what it seemed: `EINVAL` is what reading a plain file as a link gives. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '');
}
