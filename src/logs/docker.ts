import { lstat, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, Incomplete, Scan } from './container.ts';

/** No config.v2.json is as large; reading one that claims to be would only fill the memory. */
const largestConfig = 16 * 1024 * 1024;

interface Config {
  Config?: { Image?: string; Labels?: Record<string, string> | null } | null;
}

type Found = { container: Container } | { incomplete: Incomplete };

/**
 * A look at Docker's directory of containers (`/var/lib/docker/containers`, wherever it is mounted). What a container
 * is never changes, so each is read until it is complete, and then only seen to be there. Throws if the directory
 * can't be read.
 */
export function dockerScanner(root: string): () => Promise<Scan> {
  let known = new Map<string, Found>();
  return async () => {
    const scan: Scan = { containers: [], incomplete: [] };
    const next = new Map<string, Found>();
    for (const entry of await readdir(root, { withFileTypes: true })) {
      if (!entry.isDirectory() || !/^[0-9a-f]{12,}$/.test(entry.name)) continue;
      const found = known.get(entry.name) ?? (await look(root, entry.name));
      if (!found) continue;
      if ('container' in found) scan.containers.push(found.container);
      else scan.incomplete.push(found.incomplete);
      if (isFinal(found)) next.set(entry.name, found);
    }
    known = next;
    return scan;
  };
}

function isFinal(found: Found): boolean {
  return (
    'container' in found || found.incomplete.reason === 'not-kubernetes' || found.incomplete.reason === 'log-driver'
  );
}

async function look(root: string, id: string): Promise<Found | undefined> {
  const directory = join(root, id);
  const incomplete = (reason: Incomplete['reason'], detail: string, rest: Partial<Incomplete> = {}): Found => ({
    incomplete: { directory, reason, detail, id, ...rest },
  });
  let text: string;
  try {
    const path = join(directory, 'config.v2.json');
    const stat = await lstat(path);
    if (!stat.isFile()) return incomplete('config-unreadable', 'config.v2.json is not a file');
    if (stat.size > largestConfig) return incomplete('config-unreadable', `config.v2.json has ${stat.size} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (code(error) !== 'ENOENT') return incomplete('config-unreadable', message(error));
    return (await exists(directory)) ? incomplete('container-incomplete', 'no config.v2.json yet') : undefined;
  }
  let config: Config | null;
  try {
    config = JSON.parse(text) as Config | null;
  } catch (error) {
    return incomplete('config-unreadable', message(error));
  }
  const labels = config?.Config?.Labels ?? {};
  const identity = identify(labels);
  if (!identity) return incomplete('not-kubernetes', 'no io.kubernetes labels');
  const sandbox = labels['io.kubernetes.docker.type'] === 'podsandbox' || identity.name === 'POD';
  const path = join(directory, `${id}-json.log`);
  if (!sandbox && !(await exists(path))) {
    const driver = await logDriver(directory);
    if (driver !== undefined && driver !== 'json-file') return incomplete('log-driver', driver, identity);
    return incomplete('container-incomplete', 'no log file yet', identity);
  }
  const image = config?.Config?.Image;
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
  return { name: name || 'POD', restart: Number(text('annotation.io.kubernetes.container.restartCount')) || 0, pod };
}

/** Docker's name for what writes the log; undefined where the container does not tell, or not yet. */
async function logDriver(directory: string): Promise<string | undefined> {
  try {
    const config = JSON.parse(await readFile(join(directory, 'hostconfig.json'), 'utf8')) as {
      LogConfig?: { Type?: string };
    } | null;
    return config?.LogConfig?.Type;
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function code(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
