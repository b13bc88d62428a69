import type { FileOutput, LinkOutput, Output } from '../agent/agent.ts';
import { dirname } from 'node:path/posix';

/** What stands at a path on disk. */
export type Entry =
  | { kind: 'absent' }
  | { kind: 'file'; content: string; mode: number }
  | { kind: 'link'; to: string }
  | { kind: 'directory' }
  | { kind: 'other' };

/** One path that is ours, as the inventory names it. */
export interface Owned {
  kind: 'file' | 'link' | 'directory';
  path: string;
}

export type Change =
  | { do: 'make-directory'; path: string }
  | { do: 'write'; output: FileOutput }
  | { do: 'link'; output: LinkOutput }
  | { do: 'remove'; path: string; kind: 'file' | 'link' }
  | { do: 'remove-directory'; path: string };

export interface Plan {
  /** In the order in which they are to be made: what is pointed at comes before what points, removals last. */
  changes: Change[];
  /** All that will be ours afterwards. */
  owned: Owned[];
}

export interface PlanInput {
  desired: readonly Output[];
  /** Where the agent may write: directories, below which all is made and removed but not they themselves, and files. */
  roots: readonly string[];
  owned: readonly Owned[];
  /** True if what is ours and not desired stays, and stays ours. */
  keep?: boolean;
  /** What stands at the desired and the owned paths, and at the directories between a root and a desired path. */
  observe(path: string): Entry;
}

/**
 * The changes from what is to what should be.
 *
 * | on disk | desired | in the inventory | change |
 * | --- | --- | --- | --- |
 * | the same | yes | any | none |
 * | another, or absent | yes | any | write or link |
 * | as recorded | no | yes | remove |
 * | any | no | no | none: it isn't ours |
 */
export function plan({ desired, roots, owned, keep = false, observe }: PlanInput): Plan {
  const wanted = new Map(desired.map((output) => [output.path, output]));
  const wasOurs = new Map(owned.map((one) => [one.path, one]));
  const directories = new Set(desired.flatMap((output) => parents(output.path, roots)));

  const made: Change[] = [];
  const links: Change[] = [];
  const files: Change[] = [];
  const ours: Owned[] = [];
  for (const path of directories) {
    if (observe(path).kind === 'absent') made.push({ do: 'make-directory', path });
    else if (!wasOurs.has(path)) continue;
    ours.push({ kind: 'directory', path });
  }
  for (const output of wanted.values()) {
    ours.push({ kind: output.kind, path: output.path });
    if (same(observe(output.path), output)) continue;
    if (output.kind === 'link') links.push({ do: 'link', output });
    else files.push({ do: 'write', output });
  }

  const removed: Change[] = [];
  const emptied: string[] = [];
  for (const { kind, path } of owned) {
    if (!roots.some((root) => path === root || isBelow(path, root)) || wanted.has(path) || directories.has(path))
      continue;
    if (observe(path).kind !== kind) continue;
    if (keep) ours.push({ kind, path });
    else if (kind === 'directory') emptied.push(path);
    else removed.push({ do: 'remove', path, kind });
  }
  emptied.sort((a, b) => b.length - a.length);
  made.sort((a, b) => pathOf(a).length - pathOf(b).length);
  const emptyings = emptied.map((path): Change => ({ do: 'remove-directory', path }));
  return { changes: [...made, ...links, ...files, ...removed, ...emptyings], owned: ours };
}

/** The directories between a root (without it) and a path (without its last part), outermost first. */
export function parents(path: string, roots: readonly string[]): string[] {
  const root = roots.find((root) => isBelow(path, root));
  const found: string[] = [];
  if (root === undefined) return found;
  for (let at = dirname(path); isBelow(at, root); at = dirname(at)) found.unshift(at);
  return found;
}

export function pathOf(change: Change): string {
  return 'output' in change ? change.output.path : change.path;
}

export function modeOf(output: FileOutput): number {
  return output.mode ?? 0o644;
}

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root.endsWith('/') ? root : `${root}/`);
}

/** On disk a text is UTF-8, which has no lone surrogates. */
function same(entry: Entry, output: Output): boolean {
  return output.kind === 'file'
    ? entry.kind === 'file' && isText(entry.content, output.content) && entry.mode === modeOf(output)
    : entry.kind === 'link' && isText(entry.to, output.to);
}

function isText(found: string, wanted: string): boolean {
  return found === wanted || found === wanted.toWellFormed();
}
