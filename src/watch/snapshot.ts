import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import fs from 'fs-extra';
import type { Pod } from '../kubernetes/pod.ts';
import { hasCode, syncDirectory, writeFile } from './disk.ts';
import type { Seen } from './resolve.ts';

/** What a restarted watcher has to know when the API server doesn't answer. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  savedAt: number;
  pods: readonly Pod[];
  seen: readonly Seen[];
}

export const snapshotPath = (stateDirectory: string, node: string) =>
  join(stateDirectory, `kube-log-watcher.${encodeURIComponent(node || 'node')}.snapshot.json`);

/** The snapshot at the path; undefined when there is none. One that can't be understood is an error. */
export async function readSnapshot(path: string): Promise<Snapshot | undefined> {
  let text: string;
  try {
    text = await fs.readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const { version, ...snapshot } = JSON.parse(text) as Snapshot & { version: number };
  if (version !== 1) throw new Error(`version ${version} of the snapshot is not known`);
  return snapshot;
}

/** Written before the configuration that rests on it, so that no restart can know less than the disk shows. */
export async function writeSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  await fs.ensureDir(dirname(path));
  await writeFile(path, JSON.stringify({ version: 1, ...snapshot }), 0o600);
  await syncDirectory(dirname(path));
}
