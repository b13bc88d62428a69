import { dirname, join } from 'node:path';
import type { Fill, Output } from '../agent/agent.ts';
import { checkOutputs, placesOf } from '../agent/outputs.ts';
import type { LoadedAgent, RunnableAgent } from '../agent/load.ts';
import type { Target } from '../agent/target.ts';
import type { OptionTable, Values } from '../config/option.ts';
import { inventoryName } from './inventory.ts';
import type { Verdict } from './check.ts';
import type { Entry, Owned } from './plan.ts';

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

/** An agent ready for its first pass. What `before` knew of good targets is carried over. */
export function start({ agent, fill }: LoadedAgent, options: Values<OptionTable>, before?: Running): Running {
  const { directories, files } = placesOf(agent, options);
  const home = directories[0] ?? dirname(files[0] ?? '/');
  return {
    agent,
    options,
    fill,
    roots: [...directories, ...files],
    made: agent.directories?.(options) ?? [],
    inventory: join(home, inventoryName(agent.name)),
    check: (outputs) => checkOutputs(agent, outputs, options),
    memory: new Map(),
    lastGood: before?.lastGood ?? new Map(),
    unfit: new Map(),
  };
}
