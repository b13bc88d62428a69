import fs from 'fs-extra';
import type { Node, Target } from '../agent/target.ts';
import { deliver, type Delivered } from './deliver.ts';
import type { FileSystem } from './disk.ts';
import { unsupported } from './hints/unsupported.ts';
import { createAsk } from './ask.ts';
import type { Verdict } from './check.ts';
import { renderIsolated, type Isolated, type Stage } from './isolate.ts';
import { createJudge } from './judge.ts';
import type { Running } from './running.ts';

export interface Wish {
  targets: readonly Target[];
  node: Node;
  seenByShipper(path: string): string;
  /** Look at everything on disk instead of trusting what is remembered. */
  full: boolean;
}

export interface Result extends Delivered {
  quarantined: Map<Target, string>;
  /** What in a target was ignored. */
  reports: Map<Target, string[]>;
  /** What the shipper's own check came to; undefined where there is none. */
  checked?: Verdict;
  /** At which stages it failed, once for each failure. */
  failures: Stage[];
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
