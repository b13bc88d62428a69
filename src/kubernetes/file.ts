import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import { toMetadata, type Metadata } from './metadata.ts';
import type { Pod, PodSource } from './pod.ts';
import { toPod } from './to-pod.ts';

/**
 * The pods in a file: JSON or YAML, a list as `kubectl get pods -o json` prints it, one pod, or several documents.
 * What is no pod is passed over. An empty list is fine; a file with nothing but other things is an error, as is a pod
 * without uid, name or namespace. Errors name the file and never quote it, since specs hold secrets.
 */
export async function readPods(path: string): Promise<Pod[]> {
  return parse(path, await read(path));
}

/** The namespaces or nodes in such a file, as `kubectl get pods,namespaces,nodes -o json` prints it; none is fine. */
export async function readMetadata(path: string, kind: 'Namespace' | 'Node'): Promise<Metadata[]> {
  const { items } = itemsOf(path, await read(path), kind);
  const found = items.filter((item) => isThing(item) && item.kind === kind);
  return found.flatMap((item) => toMetadata(item, () => true) ?? []);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
}

function parse(path: string, text: string): Pod[] {
  const { items, lists } = itemsOf(path, text, 'Pod');
  const pods = items.filter((item) => !isThing(item) || item.kind === undefined || item.kind === 'Pod');
  const empty = lists > 0 && items.length === 0;
  if (pods.length === 0 && !empty) throw new Error(`${path} holds no pod and no list of pods`);
  return pods.map((item, index) => {
    const pod = toPod(item);
    if (!pod) throw new Error(`${path}: pod ${index + 1} of ${pods.length} lacks a uid, a name or a namespace`);
    return pod;
  });
}

/** What all lists hold, and each document of the kind. */
function itemsOf(path: string, text: string, kind: string): { items: unknown[]; lists: number } {
  const things = documentsOf(path, text).filter(isThing);
  const lists = things.filter(isList);
  const alone = things.filter((thing) => thing.kind === kind);
  return { items: [...lists.flatMap(({ items }) => items as unknown[]), ...alone], lists: lists.length };
}

type Thing = { kind?: unknown; items?: unknown };
const isThing = (value: unknown): value is Thing => typeof value === 'object' && value !== null;
const isList = ({ kind, items }: Thing) =>
  Array.isArray(items) && (kind === undefined || kind === 'List' || kind === 'PodList');

function documentsOf(path: string, text: string): unknown[] {
  return [...parseAllDocuments(text)].map((document): unknown => {
    const [problem] = document.errors;
    if (problem) {
      const { line, col } = problem.linePos?.[0] ?? {};
      throw new Error(`${path} is neither JSON nor YAML: ${problem.code} at line ${line}, column ${col}`);
    }
    try {
      // A bound on aliases keeps a few lines of YAML from becoming gigabytes.
      return document.toJS({ maxAliasCount: 100 });
    } catch {
      throw new Error(`${path} has an alias without its anchor, or far too many aliases`);
    }
  });
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

  /** The text of the file, if it is another than at the last look. */
  const readChanged = async () => {
    try {
      const { ino, size, mtimeMs } = await stat(path);
      const now = `${ino} ${size} ${mtimeMs}`;
      if (now === seen) return undefined;
      const text = await read(path);
      seen = now;
      return text;
    } catch (cause) {
      // It may come back as it was.
      seen = '';
      throw cause;
    }
  };

  const look = async () => {
    try {
      const text = await readChanged();
      if (text === undefined) return;
      const next = parse(path, text).filter((pod) => !node || !pod.node || pod.node === node);
      if (error !== undefined) log.info('the file of pods is read again', { path });
      error = undefined;
      if (synced && isDeepStrictEqual(next, pods)) return;
      pods = next;
    } catch (cause) {
      const text = (cause as Error).message;
      if (text !== error) log.error('the file of pods is refused; what was read before stays', { error: text });
      error = text;
      return;
    }
    synced = true;
    metrics.podsSynced.set(1);
    onChange();
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
