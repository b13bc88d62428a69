import { load } from './process.ts';
import { createStage, type Runtime } from './stage.ts';
import { percentile, table } from './table.ts';

const runs = 5;

/** From the start of the process to the complete configuration of 500 containers in 110 pods. */
export async function start(): Promise<string> {
  return table([await measure('docker'), await measure('cri')]);
}

async function measure(runtime: Runtime) {
  const stage = await createStage(runtime);
  try {
    const residents = await stage.fill(500, 110);
    const times: number[] = [];
    for (let i = 0; i < runs; i++) {
      const watcher = await stage.watcher();
      times.push((await watcher.complete(residents)) - watcher.spawnedAt);
      await watcher.stop();
    }
    const ms = (share: number) => Math.round(percentile(times, share));
    return { runtime, runs, 'p50 ms': ms(0.5), 'most ms': ms(1), load: load() };
  } finally {
    await stage.close();
  }
}
