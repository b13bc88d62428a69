import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './process.ts';
import { createStage } from './stage.ts';
import { table } from './table.ts';

/** What the API server is asked in a time of churn: 100 containers, five times a second one starts and one ends. */
export async function requests(minutes: number): Promise<string> {
  const stage = await createStage('cri');
  try {
    const residents = await stage.fill(100, 100);
    const watcher = await stage.watcher();
    await watcher.complete(residents);
    const before = Date.now();
    let starts = 0;
    while (Date.now() < before + minutes * 60_000) {
      residents.push(...(await stage.start()));
      const [oldest] = residents.splice(0, 1);
      if (oldest) await stage.remove(oldest);
      starts += 1;
      await sleep(200);
    }
    await watcher.complete(residents);
    const rows = (['list', 'watch', 'get', 'other'] as const).map((verb) => {
      const seen = stage.api.requests.filter((one) => one.verb === verb);
      const bytes = seen.reduce((sum, one) => sum + one.bytes, 0);
      return { verb: verb.toUpperCase(), requests: seen.length, kB: Math.round(bytes / 1000) };
    });
    return `${minutes} min, ${starts} containers started and as many ended, load ${load()}\n\n${table(rows)}`;
  } finally {
    await stage.close();
  }
}
