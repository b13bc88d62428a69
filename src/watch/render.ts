import { join } from 'node:path';
import type { Output } from '../agent/agent.ts';
import type { Target } from '../agent/target.ts';
import type { Pod } from '../kubernetes/pod.ts';
import type { Scan } from '../logs/container.ts';
import { observe } from './disk.ts';
import { filter, kept, type Verdict } from './filter.ts';
import { unsupported } from './hints/unsupported.ts';
import { readInventory } from './inventory.ts';
import { renderIsolated } from './isolate.ts';
import { createJudge } from './judge.ts';
import type { Settings } from './pass.ts';
import { plan, type Entry } from './plan.ts';
import type { Running } from './running.ts';
import { resolve } from './resolve.ts';

/** All outputs of one agent. */
export interface Rendered {
  running: Running;
  outputs: Output[];
  /** What was ignored or left out, and why. */
  problems: string[];
  /** The agent failed as a whole: that there are no outputs says nothing. */
  failed?: boolean;
}

/** What the watcher would write for these containers and pods; the same steps, up to the plan. */
export async function renderAll(
  scan: Scan,
  pods: readonly Pod[],
  settings: Settings,
): Promise<{ verdicts: Verdict[]; rendered: Rendered[] }> {
  const { node, seenByShipper, rules, running } = settings;
  const input = { ...settings, scan, pods, synced: true, seen: new Map(), now: 0, idWait: 0 };
  const verdicts = filter(resolve(input).values(), scan.incomplete, rules);
  const targets = kept(verdicts);
  const renderOne = async (one: Running): Promise<Rendered> => {
    const problems: string[] = [];
    const { agent, options, fill, check, lastGood, unfit } = one;
    const tell = (name: string, problem: string) => problems.push(`${agent.name}: ${name}: ${problem}`);
    const report = ({ pod }: Target, problem: string) => tell(`${pod.namespace}/${pod.name}`, problem);
    for (const target of targets) for (const problem of unsupported(target.hints, agent.hints)) report(target, problem);
    try {
      const input = { targets, node, options, fill, seenByShipper, report };
      const judge = createJudge({ check, stands: () => false });
      const { outputs, quarantined } = await renderIsolated({ agent, input, judge, lastGood, unfit });
      for (const [target, problem] of quarantined) report(target, `left out: ${problem}`);
      return { running: one, outputs: outputs.toSorted((a, b) => (a.path < b.path ? -1 : 1)), problems };
    } catch (error) {
      problems.push(`${agent.name}: failed: ${error instanceof Error ? error.message : String(error)}`);
      return { running: one, outputs: [], problems, failed: true };
    }
  };
  return { verdicts, rendered: await Promise.all(running.map(renderOne)) };
}

/** All outputs as text, each under its path. */
export function toText(outputs: readonly Output[]): string {
  return outputs
    .map((output) =>
      output.kind === 'link' ? `${output.path} -> ${output.to}\n` : `${output.path}\n${indent(output.content)}\n`,
    )
    .join('');
}

/** What the watcher would change below a directory that stands for `/`: a line for each path. */
export async function difference(directory: string, { running, outputs }: Rendered): Promise<string[]> {
  const { owned } = await readInventory(join(directory, running.inventory));
  const entries = new Map<string, Entry>();
  for (const path of [...outputs.map(({ path }) => path), ...owned.map(({ path }) => path)]) {
    entries.set(path, await observe(join(directory, path)));
  }
  const observed = (path: string) => entries.get(path) ?? ({ kind: 'directory' } as const);
  const { changes } = plan({ desired: outputs, roots: running.roots, owned, observe: observed });
  return changes.flatMap((change) => {
    if ('output' in change) {
      const { path } = change.output;
      return [`${observed(path).kind === 'absent' ? 'missing' : 'differs'} ${path}`];
    }
    return change.do === 'remove' ? [`left over ${change.path}`] : [];
  });
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ').trimEnd();
}
