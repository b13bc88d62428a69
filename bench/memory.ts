import { setTimeout as sleep } from 'node:timers/promises';
import { load, memoryOf } from './process.ts';
import { createStage, imageFlags, type WatcherOptions } from './stage.ts';
import { table } from './table.ts';

/** Resident memory at 500 containers in 110 pods: after the first pass, and after 100 have started and ended. */
export async function memory(): Promise<string> {
  const rows = [];
  for (const flags of [imageFlags(), []])
    for (const by of ['kubeconfig', 'kube-url'] as const) rows.push(await measure({ flags, by }));
  return `Flags of the image: \`${imageFlags().join(' ')}\`; load ${load()}\n\n${table(rows)}`;
}

async function measure({ flags = [], by }: WatcherOptions) {
  const stage = await createStage('cri');
  try {
    const residents = await stage.fill(500, 110);
    const watcher = await stage.watcher({ flags, by });
    await watcher.complete(residents);
    await sleep(1000);
    const first = memoryOf(watcher.pid);
    const guests = [];
    for (let i = 0; i < 100; i++) {
      guests.push(...(await stage.start()));
      await sleep(80);
      const [oldest] = i < 20 ? [] : guests.splice(0, 1);
      if (oldest) await stage.remove(oldest);
    }
    await watcher.complete(guests);
    await sleep(1000);
    const later = memoryOf(watcher.pid);
    const mib = (value: number) => Number(value.toFixed(1));
    return {
      flags: flags.length > 0 ? "the image's" : 'none',
      'API server by': by ?? '',
      'first pass MiB': mib(first.resident),
      'own of it': mib(first.anonymous),
      'after churn MiB': mib(later.resident),
      'own of that': mib(later.anonymous),
      'most MiB': mib(later.peak),
    };
  } finally {
    await stage.close();
  }
}
