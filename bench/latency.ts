import { readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  agents,
  changedAt,
  configOf,
  createStage,
  outputsOf,
  type Resident,
  type Runtime,
  type Stage,
  type Watcher,
} from './stage.ts';
import { load } from './process.ts';
import { percentile, table } from './table.ts';

const starts = 200;
const gap = 50;

/** From a container's last file to its configuration, in every agent, on nodes of three sizes. */
export async function latency(pace: Pace): Promise<string> {
  const rows = [];
  for (const runtime of ['docker', 'cri'] as const)
    for (const existing of [10, 100, 500]) rows.push(await measure(runtime, existing, pace));
  return table(rows);
}

/** A start 50 ms after the one before is configured, or every 50 ms whether it is or not. */
export type Pace = 'one by one' | 'burst';

async function measure(runtime: Runtime, existing: number, pace: Pace) {
  const stage = await createStage(runtime);
  try {
    const residents = await stage.fill(existing, Math.ceil(existing / 5));
    const watcher = await stage.watcher();
    await watcher.complete(residents);
    const { all, inConfig, own } = await latencies(stage, watcher, pace);
    const ms = (values: number[], share: number) => Math.round(percentile(values, share));
    return {
      runtime,
      existing,
      'all p50 ms': ms(all, 0.5),
      'all p99 ms': ms(all, 0.99),
      'all most ms': ms(all, 1),
      'agent.json p50': ms(inConfig, 0.5),
      'agent.json p99': ms(inConfig, 0.99),
      ...Object.fromEntries(
        agents
          .slice(1)
          .map((name, i) => [`${name} p50 / p99`, `${ms(own[i + 1] ?? [], 0.5)} / ${ms(own[i + 1] ?? [], 0.99)}`]),
      ),
      load: load(),
    };
  } finally {
    await stage.close();
  }
}

/** From the last file of each started container to its configuration, in milliseconds: in all four agents, and in each. */
export async function latencies(stage: Stage, watcher: Watcher, pace: Pace) {
  await sleep(1000);
  const config = configOf(watcher.shipper);
  const named = new Map<Resident, number>();
  const waiting = new Set<Resident>();
  // Each version of the file is read, and tells by its own time when those that it names were configured.
  const look = (_event: string, name: string | null) => {
    if (name !== basename(config)) return;
    const text = readFileSync(config, 'utf8');
    const time = changedAt(config) ?? Number.NaN;
    for (const one of waiting) {
      if (!text.includes(`"${one.pod.metadata.name}"`)) continue;
      named.set(one, time);
      waiting.delete(one);
    }
  };
  const watching = watch(dirname(config), look);
  const started: Resident[] = [];
  const begin = performance.now();
  for (let i = 0; i < starts; i++) {
    const [one] = await stage.start();
    if (!one) continue;
    started.push(one);
    waiting.add(one);
    if (pace === 'one by one') await watcher.complete([one]);
    await sleep(pace === 'one by one' ? gap : Math.max(0, begin + (i + 1) * gap - performance.now()));
  }
  await watcher.complete(started);
  await sleep(100);
  watching.close();

  const from = new Map(started.map((one) => [one, changedAt(stage.linkOf(one)) ?? Number.NaN]));
  const since = (one: Resident, time: number | undefined) => (time ?? Number.NaN) - (from.get(one) ?? 0);
  const inConfig = started.map((one) => since(one, named.get(one)));
  const own = agents.map((_, i) =>
    started.map((one) => since(one, changedAt(outputsOf(one, watcher.shipper)[i] ?? ''))),
  );
  const all = started.map((_, at) => Math.max(inConfig[at] ?? 0, ...own.map((times) => times[at] ?? 0)));
  return { all, inConfig, own };
}
