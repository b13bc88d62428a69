import { dirname, normalize } from 'node:path';
import fs from 'fs-extra';
import { observe, syncDirectory, writeFile, type FileSystem } from './disk.ts';
import type { Owned } from './plan.ts';

/**
 * The name of an agent's inventory in its own output directory. It ends in nothing that a shipper's glob picks up: in
 * Go's globs `*.json` matches names with a leading dot.
 */
export const inventoryName = (agent: string) => `.kube-log-watcher.${agent}.inventory`;

/** What is ours as written down; a missing inventory is an empty one. `damaged` says why one could not be understood. */
export async function readInventory(
  path: string,
  disk: FileSystem = fs,
): Promise<{ owned: Owned[]; damaged?: string }> {
  const entry = await observe(path, disk);
  if (entry.kind === 'absent') return { owned: [] };
  if (entry.kind !== 'file') return { owned: [], damaged: `it is a ${entry.kind}` };
  try {
    const { version, entries } = JSON.parse(entry.content) as { version: number; entries: Owned[] };
    if (version !== 1) return { owned: [], damaged: `its version ${version} is not known` };
    return { owned: entries.filter(isOwned) };
  } catch (error) {
    return { owned: [], damaged: error instanceof Error ? error.message : String(error) };
  }
}

/** Written, and durable, before what it names is made. */
export async function writeInventory(path: string, agent: string, owned: readonly Owned[], disk: FileSystem = fs) {
  const entries = [...owned].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ kind, path }) => ({ kind, path }));
  const content = JSON.stringify({ version: 1, agent, entries }, undefined, 1);
  await writeFile(path, `${content}\n`, 0o600, disk);
  await syncDirectory(dirname(path), disk);
}

/** Whoever can write into the directory can write an inventory: no path in it may climb. */
function isOwned({ kind, path }: Owned): boolean {
  return ['file', 'link', 'directory'].includes(kind) && typeof path === 'string' && normalize(path) === path;
}
