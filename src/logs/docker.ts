import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { why } from '../config/why.ts';
import type { Container, Incomplete, Scan } from './container.ts';

/** No config.v2.json is as large; reading one that claims to be would only fill the memory. */
const largestConfig = 16 * 1024 * 1024;

interface Config {
  Config?: { Image?: unknown; Labels?: Record<string, unknown> | null } | null;
  HostConfig?: HostConfig | null;
}

interface HostConfig {
  LogConfig?: { Type?: string } | null;
}

type Found = { container: Container } | { incomplete: Incomplete };

/**
 * A look at Docker's directory of containers (`/var/lib/docker/containers`, wherever it is mounted). What a container
 * is never changes, so each is read until it is complete, and then only seen to be there. Throws if the directory
 * can't be read. Synchronous: a look costs a tenth of what it does through the thread pool.
 */
export function dockerScanner(root: string): () => Scan {
  let known = new Map<string, Found & { inode: number }>();
  return () => {
    const scan: Scan = { containers: [], incomplete: [] };
    const next: typeof known = new Map();
    for (const entry of readdirSync(root, { withFileTypes: true })) {
      if (!entry.isDirectory() || !/^[0-9a-f]{12,}$/.test(entry.name)) continue;
      const inode = statSync(join(root, entry.name), { throwIfNoEntry: false })?.ino;
      if (inode === undefined) continue;
      const before = known.get(entry.name);
      const found = before?.inode === inode ? before : look(root, entry.name);
      if (!found) continue;
      if ('container' in found) scan.containers.push(found.container);
      else scan.incomplete.push(found.incomplete);
      if (isFinal(found)) next.set(entry.name, { ...found, inode });
    }
    known = next;
    return scan;
  };
}

function isFinal(found: Found): boolean {
  return 'container' in found || ['not-kubernetes', 'log-driver'].includes(found.incomplete.reason);
}

function look(root: string, id: string): Found | undefined {
  const directory = join(root, id);
  const incomplete = (reason: Incomplete['reason'], detail: string, rest: Partial<Incomplete> = {}): Found => ({
    incomplete: { directory, reason, detail, id, ...rest },
  });
  let config: Config | null;
  try {
    config = readJson(join(directory, 'config.v2.json')) as Config | null;
  } catch (error) {
    if (!isMissing(error)) return incomplete('config-unreadable', why(error));
    if (!statSync(directory, { throwIfNoEntry: false })) return undefined;
    return incomplete('container-incomplete', 'no config.v2.json yet');
  }
  const labels = config?.Config?.Labels ?? {};
  const identity = identify(labels);
  if (!identity) return incomplete('not-kubernetes', 'no io.kubernetes labels');
  const sandbox = labels['io.kubernetes.docker.type'] === 'podsandbox' || identity.name === 'POD';
  const path = join(directory, `${id}-json.log`);
  if (!sandbox) {
    try {
      const driver = config?.HostConfig?.LogConfig?.Type ?? 'json-file';
      if (driver !== 'json-file') return incomplete('log-driver', driver, identity);
      if (!statSync(path).isFile()) return incomplete('container-incomplete', 'the log is not a file', identity);
    } catch (error) {
      const driver = logDriver(directory);
      if (driver !== undefined && driver !== 'json-file') return incomplete('log-driver', driver, identity);
      const detail = isMissing(error) ? 'no log file yet' : why(error);
      return incomplete('container-incomplete', detail, identity);
    }
  }
  const given = config?.Config?.Image;
  const image = typeof given === 'string' ? given : undefined;
  const log = { path, format: 'docker' } as const;
  return { container: { runtime: 'docker', id, ...identity, image, sandbox, log, directory } };
}

/** The labels that the kubelet's dockershim and cri-dockerd put on each container. */
function identify(labels: Readonly<Record<string, unknown>>): Pick<Container, 'name' | 'restart' | 'pod'> | undefined {
  const text = (key: string) => {
    const value = labels[key];
    return typeof value === 'string' ? value : '';
  };
  const pod = {
    namespace: text('io.kubernetes.pod.namespace'),
    name: text('io.kubernetes.pod.name'),
    uid: text('io.kubernetes.pod.uid'),
  };
  const name = text('io.kubernetes.container.name');
  const sandbox = text('io.kubernetes.docker.type') === 'podsandbox';
  if (!pod.namespace || !pod.name || !(name || sandbox)) return undefined;
  const restart = text('annotation.io.kubernetes.container.restartCount');
  return { name: name || 'POD', restart: /^\d{1,9}$/.test(restart) ? Number(restart) : 0, pod };
}

/** Docker's name for what writes the log; undefined where the container does not tell, or not yet. */
function logDriver(directory: string): string | undefined {
  try {
    return (readJson(join(directory, 'hostconfig.json')) as HostConfig | null)?.LogConfig?.Type;
  } catch {
    return undefined;
  }
}

/** Only of a plain file, since reading from a pipe may never end, and only of one that isn't huge. */
function readJson(path: string): unknown {
  const stats = statSync(path);
  const { size } = stats;
  if (!stats.isFile()) throw new Error(`${basename(path)} is not a file`);
  if (size > largestConfig) throw new Error(`${basename(path)} has ${size} bytes`);
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, and with it perhaps a secret of the container's environment.
    throw new Error(`${basename(path)} is not JSON (${size} bytes)`);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
