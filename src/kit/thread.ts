// What runs in the thread in which an agent is examined; `examination.ts` starts it.
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { loadAgents, type AgentPlaces } from '../agent/load.ts';
import { provideApi } from '../agent/provide.ts';
import { compare, goldenCases, goldenOptions, update } from './golden.ts';
import { examine, type CheckResult } from './kit.ts';

export interface Examined {
  name: string;
  path: string;
  /** For each set of options. */
  variants: { options: Record<string, unknown>; results: CheckResult[] }[];
  golden: { name: string; problems: string[] }[];
  /** True if the golden folders were written instead of compared. */
  updated: boolean;
}

export interface ThreadData {
  places: AgentPlaces;
  name: string;
  /** The folder of the agent's golden cases. */
  golden: string;
  update: boolean;
  runs: number;
  seed: number;
  api: string;
}

export type Message = { step: string } | { done: Examined } | { problem: string };

const data = workerData as ThreadData;
const tell = (message: Message) => parentPort?.postMessage(message, []);
process.stdout.write = process.stderr.write.bind(process.stderr);
provideApi(data.api);

try {
  tell({ done: await run(data) });
} catch (error) {
  tell({ problem: error instanceof Error ? error.message : String(error) });
}

async function run({ places, name, golden, update: writes, runs, seed }: ThreadData): Promise<Examined> {
  const onStep = (step: string) => tell({ step });
  onStep('being loaded');
  const [loaded] = await loadAgents(places, [name], { threads: false });
  if (!loaded) throw new Error(`there is no agent ${name}`);
  const cases = await goldenCases(golden);
  const all = new Map([['{}', {}]]);
  for (const one of cases) {
    const options = await goldenOptions(join(golden, one));
    all.set(JSON.stringify(options), options);
  }
  const variants: Examined['variants'] = [];
  for (const options of all.values())
    variants.push({
      options,
      results: await examine(loaded, { options, runs: Math.ceil(runs / all.size), seed, onStep }),
    });
  const told: Examined['golden'] = [];
  for (const one of cases) {
    onStep(`the golden case ${one}`);
    const directory = join(golden, one);
    if (writes) await update(loaded, directory);
    told.push({ name: one, problems: writes ? [] : await compare(loaded, directory) });
  }
  return { name, path: loaded.path, variants, golden: told, updated: writes };
}
