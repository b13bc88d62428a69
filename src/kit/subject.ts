import type { Fill, Output, RenderInput } from '../agent/agent.ts';
import type { RunnableAgent } from '../agent/load.ts';
import type { Node, Target } from '../agent/target.ts';
import type { Vocabulary } from './hostile.ts';
import { keysOf, readFile, withoutIds } from './read.ts';
import { makeOptions, makeTarget, makeTargets, node as ordinary } from './targets.ts';
import { fullTargets, learn } from './vocabulary.ts';

/** An agent under test. */
export interface Tested {
  agent: RunnableAgent;
  fill: Fill;
}

/** An agent under test, with one set of options. */
export interface Subject extends Tested {
  options: RenderInput['options'];
  vocabulary: Vocabulary;
  /** The keys that its files have for ordinary targets, an asterisk for each target's id. */
  keys: ReadonlySet<string>;
  /** Whether its files parse for ordinary targets. */
  readable: boolean;
  /** Whether a target without any label shows in its outputs. */
  showsAll: boolean;
}

export interface Rendering {
  outputs: Output[];
  /** What the agent has told the operator: the container's name and the problem. */
  reports: string[];
}

/** The agent with its options completed by ordinary ones. It may throw on targets; that is what the checks look for. */
export async function createSubject(
  { agent, fill }: Tested,
  given: Readonly<Record<string, unknown>> = {},
): Promise<Subject> {
  const options = makeOptions(agent, given) as Subject['options'];
  const subject = { agent, fill, options, vocabulary: { labels: [], annotations: [] } };
  const render = (targets: readonly Target[]) => quietly(() => renderWith(subject, targets));
  const vocabulary = await learn(render);
  const keys = new Set<string>();
  let readable = true;
  for (const targets of [makeTargets(2), ...fullTargets(vocabulary).map((target) => [target])]) {
    const made = await render(targets);
    const read = made?.outputs.map(readFile) ?? [];
    readable &&= read.every(({ problem }) => problem === undefined);
    const found = read.flatMap(({ value }) => keysOf(value));
    for (const key of withoutIds(found, targets)) keys.add(key);
  }
  const bare = makeTarget();
  const showsAll = shows((await render([bare]))?.outputs ?? [], bare);
  return { ...subject, vocabulary, keys, readable, showsAll };
}

/** What the agent makes of the targets. */
export async function renderWith(
  { agent, fill, options }: Tested & Pick<Subject, 'options'>,
  targets: readonly Target[],
  node: Node = ordinary,
): Promise<Rendering> {
  const reports: string[] = [];
  const report = (target: Target, problem: string) => void reports.push(`${target.container.name}: ${problem}`);
  const outputs = await agent.render({ targets, node, options, fill, seenByShipper: (path) => path, report });
  return { outputs, reports };
}

/** Whether a target's id or log is named by the outputs. */
export function shows(outputs: readonly Output[], { id, log }: Target): boolean {
  const text = JSON.stringify(outputs);
  return [id, log.path, log.directory].some((part) => text.includes(part));
}

async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    // What throws on ordinary targets is told by the checks that ask for it.
    return undefined;
  }
}
