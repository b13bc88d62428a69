import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import fs from 'fs-extra';
import type { Pod } from '../kubernetes/pod.ts';
import { hasCode } from './disk.ts';
import type { Fields, Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import type { Seen } from './resolve.ts';
import type { Remembered } from './surroundings.ts';

/** What a restarted watcher has to know when the API server doesn't answer. */
export interface Snapshot extends Remembered {
  /** Milliseconds since the epoch. */
  savedAt: number;
  /** The node's name, as it was configured. */
  node: string;
  pods: readonly Pod[];
  seen: readonly Seen[];
}

/** Raised with every change of what is remembered. */
const current = 2;

export const snapshotPath = (directory: string) => join(directory, 'kube-log-watcher.snapshot.json');

/** The snapshot at the path; undefined when there is none. One that can't be understood is an error. */
async function readSnapshot(path: string): Promise<Snapshot | undefined> {
  let text: string;
  try {
    text = await fs.readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const { version, ...snapshot } = JSON.parse(text) as Snapshot & { version: unknown };
  if (version !== current)
    throw new Error(`it has version ${JSON.stringify(version)}, and ${current} is what is read here`);
  return snapshot;
}

/**
 * Written before the configuration that rests on it, so that no restart can know less than the disk shows. Not synced:
 * a power failure ends the containers too, and a torn snapshot is none.
 */
async function writeSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  await fs.ensureDir(dirname(path));
  await fs.writeFile(`${path}.next`, JSON.stringify({ version: current, ...snapshot }), { mode: 0o600 });
  await fs.rename(`${path}.next`, path);
}

/**
 * The snapshot of an earlier process, and how to save the next. One that can't be saved is removed: an old one would
 * claim that what came since isn't ours.
 */
export async function openSnapshot(
  directory: string | undefined,
  node: string,
  log: Log,
  metrics: Metrics,
): Promise<{ snapshot?: Snapshot; saveSnapshot?(snapshot: Snapshot): Promise<void> }> {
  if (!directory) return {};
  const path = snapshotPath(directory);
  const unused = (fields: Fields): undefined => {
    log.warn('the snapshot is not used; nothing is configured before the pods are known', { path, ...fields });
  };
  const found = await readSnapshot(path).catch((error: unknown) => unused({ error }));
  const foreign = found && found.node !== node;
  const snapshot = foreign ? unused({ error: 'it is one of another node', node, of: found.node }) : found;
  if (snapshot) metrics.snapshotAge.set(Math.round((Date.now() - snapshot.savedAt) / 1000));
  const saveSnapshot = async (next: Snapshot) => {
    try {
      await writeSnapshot(path, next);
      metrics.snapshotAge.set(0);
    } catch (error) {
      log.error('the snapshot could not be saved; a restart without the API server would wait for it', { path, error });
      await fs.remove(path).catch(() => undefined);
    }
  };
  return { snapshot, saveSnapshot };
}
