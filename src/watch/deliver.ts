import { dirname } from 'node:path';
import fs from 'fs-extra';
import type { Output } from '../agent/agent.ts';
import { apply, createGuard, observe, sweep, syncDirectory, type FileSystem } from './disk.ts';
import { readInventory, writeInventory } from './inventory.ts';
import { modeOf, parents, pathOf, plan, type Change, type Entry } from './plan.ts';
import type { Running } from './running.ts';

export interface Delivered {
  /** How many changes were made. */
  changes: number;
  /** How many files and links are kept. */
  outputs: number;
  /** Why the wish is not, or not wholly, on disk; empty when it is. */
  errors: string[];
  /** Why the inventory had to be begun anew. */
  damaged?: string;
}

/** Plans and makes the changes that lead to the wish, and tells of them in the result. */
export async function deliver(
  running: Running,
  desired: Output[],
  { full, keep, beforeChanges }: { full: boolean; keep: boolean; beforeChanges?(): Promise<void> },
  result: Delivered,
  disk: FileSystem,
): Promise<void> {
  const { agent, roots, memory, inventory } = running;
  if (!running.owned) {
    const { owned, damaged } = await readInventory(inventory, disk);
    for (const directory of running.made) await fs.ensureDir(directory);
    running.owned = owned;
    result.damaged = damaged;
    const written = [inventory, ...owned.map(({ path }) => path), ...desired.map(({ path }) => path)];
    await inParallel([...new Set(written.map((path) => dirname(path)))], (directory) => sweep(directory, disk));
  }
  if (full) memory.clear();
  const owned = running.owned;
  const paths = [...desired.flatMap(({ path }) => [path, ...parents(path, roots)]), ...owned.map(({ path }) => path)];
  await remember(memory, new Set(paths), disk);

  const planned = plan({ desired, roots, owned, keep, observe: (path) => memory.get(path) ?? { kind: 'absent' } });
  const before = new Set(owned.map(({ path }) => path));
  const added = planned.owned.filter(({ path }) => !before.has(path));
  if (added.length > 0) {
    running.owned = [...owned, ...added];
    await writeInventory(inventory, agent.name, running.owned, disk);
  }
  result.outputs = desired.length;
  if (planned.changes.length > 0) await beforeChanges?.();
  await make(planned.changes, running, result, disk);
  if (result.errors.length === 0 && planned.owned.length !== running.owned.length) {
    await writeInventory(inventory, agent.name, planned.owned, disk);
    running.owned = planned.owned;
  }
}

async function remember(memory: Map<string, Entry>, paths: ReadonlySet<string>, disk: FileSystem): Promise<void> {
  const unknown = [...paths].filter((path) => !memory.has(path));
  await inParallel(unknown, async (path) => {
    memory.set(path, await observe(path, disk));
  });
}

/** Makes the changes, phase by phase. After a failure nothing is removed: what stands may still be pointed at. */
async function make(changes: readonly Change[], running: Running, result: Delivered, disk: FileSystem): Promise<void> {
  const guard = createGuard((path) => parents(path, running.roots), disk);
  for (const phase of ['make-directory', 'link', 'write', 'remove', 'remove-directory'] as const) {
    const removing = phase === 'remove' || phase === 'remove-directory';
    if (removing && result.errors.length > 0) break;
    const ofPhase = changes.filter((change) => change.do === phase);
    const one = async (change: Change) => {
      const path = pathOf(change);
      try {
        await apply(change, guard, disk);
        running.memory.set(path, entryAfter(change));
        result.changes += 1;
      } catch (error) {
        result.errors.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    // Directories depend on each other; files and links do not.
    if (phase.endsWith('directory')) for (const change of ofPhase) await one(change);
    else await inParallel(ofPhase, one);
  }
  // A link or directory that a power failure takes is whole or not there, and the next pass makes it; a file could be torn.
  const written = changes.filter((change) => change.do === 'write').map((change) => dirname(pathOf(change)));
  await inParallel([...new Set(written)], (directory) => syncDirectory(directory, disk));
}

function entryAfter(change: Change): Entry {
  switch (change.do) {
    case 'make-directory':
      return { kind: 'directory' };
    case 'write':
      return { kind: 'file', content: change.output.content, mode: modeOf(change.output) };
    case 'link':
      return { kind: 'link', to: change.output.to };
    default:
      return { kind: 'absent' };
  }
}

/** Works on some at a time: enough to keep the disk busy, too few to run out of descriptors. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(16, items.length) }, worker));
}
