import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import type { Pod, PodSource } from './pod.ts';
import { toPod } from './to-pod.ts';

/**
 * The pods in a file: JSON or YAML, a list as `kubectl get pods -o json` prints it, one pod, or several documents.
 * What is no pod is passed over; a file without any list or pod is an error.
 */
export async function readPods(path: string): Promise<Pod[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
  // A bound on aliases keeps a few lines of YAML from becoming gigabytes.
  const documents = [...parseAllDocuments(text)].flatMap((document) => {
    const [problem] = document.errors;
    if (problem) throw new Error(`${path} is neither JSON nor YAML: ${problem.message}`);
    return [document.toJS({ maxAliasCount: 100 }) as unknown];
  });
  const objects = documents.filter(
    (one): one is { kind?: unknown; items?: unknown } => typeof one === 'object' && one !== null,
  );
  const lists = objects.filter(({ items }) => Array.isArray(items));
  const pods = objects.filter(({ kind }) => kind === 'Pod');
  if (lists.length === 0 && pods.length === 0) throw new Error(`${path} holds no pod and no list of pods`);
  const items = [...lists.flatMap(({ items }) => items as { kind?: unknown }[]), ...pods];
  return items.filter((item) => item?.kind === undefined || item.kind === 'Pod').flatMap((item) => toPod(item) ?? []);
}

/** Pods from a file that is read again when it changes. A bad edit is refused: what was read before stays. */
export function podsFromFile(world: {
  path: string;
  /** Pods of other nodes are left out; empty for all. */
  node: string;
  onChange(): void;
  log: Log;
  metrics: Pick<Metrics, 'podsSynced'>;
  /** Milliseconds between two looks at the file. */
  interval?: number;
}): PodSource {
  const { path, node, onChange, log, metrics, interval = 1000 } = world;
  let pods: readonly Pod[] = [];
  let synced = false;
  let error: string | undefined;
  let seen = '';

  const look = async () => {
    try {
      const { ino, size, mtimeMs } = await stat(path);
      const now = `${ino} ${size} ${mtimeMs}`;
      if (now === seen) return;
      seen = now;
      const read = await readPods(path);
      pods = read.filter((pod) => !node || !pod.node || pod.node === node);
      synced = true;
      error = undefined;
      metrics.podsSynced.set(1);
      onChange();
    } catch (cause) {
      const text = (cause as Error).message;
      if (text !== error) log.error('the file of pods is refused; what was read before stays', { error: text });
      error = text;
    }
  };
  return {
    get synced() {
      return synced;
    },
    get error() {
      return error;
    },
    all: () => pods,
    relist: () => void (seen = ''),
    async run(signal) {
      while (!signal.aborted) {
        await look();
        await sleep(interval, undefined, { signal, ref: false }).catch(() => undefined);
      }
    },
  };
}
