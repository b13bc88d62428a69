import { dirname, join } from 'node:path';
import { checkOutputs, placesOf } from '../agent/outputs.ts';
import type { LoadedAgent } from '../agent/load.ts';
import type { OptionTable, Values } from '../config/option.ts';
import { inventoryName } from './inventory.ts';
import type { Running } from './reconcile.ts';

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
