import { dirname } from 'node:path';
import fs from 'fs-extra';
import type { Fill, Output } from '../agent/agent.ts';
import type { RunnableAgent } from '../agent/load.ts';
import type { Node, Target } from '../agent/target.ts';
import type { OptionTable, Values } from '../config/option.ts';
import { apply, createGuard, observe, sweep, syncDirectory, type FileSystem } from './disk.ts';
import { unsupported } from './hints/unsupported.ts';
import { readInventory, writeInventory } from './inventory.ts';
import { createAsk } from './ask.ts';
import type { Verdict } from './check.ts';
import { renderIsolated, type Isolated, type Stage } from './isolate.ts';
import { createJudge } from './judge.ts';
import { modeOf, parents, pathOf, plan, type Change, type Entry, type Owned } from './plan.ts';

/** An agent with its options, and what is remembered of it between passes. */
export interface Running {
  agent: RunnableAgent;
  options: Values<OptionTable>;
  fill: Fill;
  /** Where it may write: its directories and files. */
  roots: readonly string[];
  /** Those of the roots that are made if they aren't there; the others are the operator's to give. */
  made: readonly string[];
  /** The path of its inventory. */
  inventory: string;
  check(outputs: readonly Output[]): readonly string[];
  /** What stands on disk by our own doing; a path that is not in here has to be looked at. */
  memory: Map<string, Entry>;
  /** Undefined until the inventory has been read. */
  owned?: readonly Owned[];
  /** The state in which each target was rendered well. */
  lastGood: Map<string, Target>;
  /** What was found unfit; see {@link renderIsolated}. */
  unfit: Map<string, { state: string; problem: string }>;
  /** What the shipper's own check has said; see {@link createAsk}. */
  answers?: Map<string, Verdict>;
}

export interface Wish {
  targets: readonly Target[];
  node: Node;
  seenByShipper(path: string): string;
  /** Look at everything on disk instead of trusting what is remembered. */
  full: boolean;
}

export interface Result {
  /** How many changes were made. */
  changes: number;
  /** How many files and links are kept. */
  outputs: number;
  /** Why the wish is not, or not wholly, on disk; empty when it is. */
  errors: string[];
  quarantined: Map<Target, string>;
  /** What in a target was ignored. */
  reports: Map<Target, string[]>;
  /** What the shipper's own check came to; undefined where there is none. */
  checked?: Verdict;
  /** At which stages it failed, once for each failure. */
  failures: Stage[];
  /** Why the inventory had to be begun anew. */
  damaged?: string;
}

export interface ReconcileWorld {
  disk?: FileSystem;
  /** Awaited before the first change is made; if it throws, none is. */
  beforeChanges?(): Promise<void>;
  /** Where outputs are laid out for the shipper's own check; the system's own place unless told. */
  temporary?: string;
}

/** One agent's part of a pass: render, plan, apply. Never throws because of the agent or the disk. */
export async function reconcile(
  running: Running,
  wish: Wish,
  { disk = fs, beforeChanges, temporary }: ReconcileWorld = {},
): Promise<Result> {
  const result: Result = {
    changes: 0,
    outputs: 0,
    errors: [],
    quarantined: new Map(),
    reports: new Map(),
    failures: [],
  };
  try {
    const { outputs, incomplete } = await render(running, wish, result, temporary);
    await deliver(running, outputs, { full: wish.full, keep: incomplete, beforeChanges }, result, disk);
  } catch (error) {
    result.errors.push(error instanceof Error ? error.message : String(error));
  }
  if (result.errors.length > 0) running.memory.clear();
  return result;
}

async function render(
  running: Running,
  wish: Wish,
  result: Result,
  temporary?: string,
): Promise<Pick<Isolated, 'outputs' | 'incomplete'>> {
  const { agent, options, fill, lastGood, unfit, check, memory } = running;
  const { targets, node, seenByShipper } = wish;
  const report = (target: Target, problem: string) => {
    const problems = result.reports.get(target) ?? [];
    if (!problems.includes(problem)) result.reports.set(target, [...problems, problem]);
  };
  for (const target of targets) {
    for (const problem of unsupported(target.hints, agent.hints)) report(target, problem);
  }
  const input = { targets, node, options, fill, seenByShipper, report };
  // What ailed it may be gone without a change of the target.
  if (wish.full) unfit.clear();
  const shippers = agent.check?.(options);
  running.answers ??= new Map();
  const judge = createJudge({
    check,
    stands({ path, content }) {
      const entry = memory.get(path);
      return entry?.kind === 'file' && entry.content === content;
    },
    shipper:
      shippers &&
      createAsk({
        check: shippers,
        answers: running.answers,
        again: wish.full,
        onVerdict: (verdict) => (result.checked = verdict),
        temporary,
      }),
  });
  const onFailure = (stage: Stage) => result.failures.push(stage);
  const { outputs, quarantined, incomplete } = await renderIsolated({
    agent,
    input,
    judge,
    lastGood,
    unfit,
    onFailure,
  });
  result.quarantined = quarantined;
  const previous = new Map(lastGood);
  lastGood.clear();
  for (const target of targets) {
    const good = quarantined.has(target) ? previous.get(target.id) : target;
    if (good) lastGood.set(target.id, good);
  }
  return { outputs, incomplete };
}

async function deliver(
  running: Running,
  desired: Output[],
  { full, keep, beforeChanges }: { full: boolean; keep: boolean } & Pick<ReconcileWorld, 'beforeChanges'>,
  result: Result,
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
async function make(changes: readonly Change[], running: Running, result: Result, disk: FileSystem): Promise<void> {
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
