import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, load, memoryOf } from './process.ts';
import { createStage } from './stage.ts';
import { table } from './table.ts';

const seconds = 61;

/** What the watcher costs while nothing changes and 500 containers write 5,000 lines a second, of each runtime. */
export async function quiet(): Promise<string> {
  const docker = await createStage('docker');
  const cri = await createStage('cri');
  const writers = new Set<ReturnType<typeof fork>>();
  try {
    const watched = [];
    for (const stage of [docker, cri]) {
      const residents = await stage.fill(500, 110);
      const watcher = await stage.watcher();
      await watcher.complete(residents);
      const writer = fork(join(import.meta.dirname, 'writer.ts'));
      writers.add(writer);
      writer.send({ runtime: stage.runtime, paths: residents.map(({ container }) => container.log) });
      watched.push({ stage, watcher, writer });
    }
    await sleep(2000);
    const before = watched.map(({ watcher }) => cpuOf(watcher.pid));
    const linesBefore = await Promise.all(watched.map(({ writer }) => linesOf(writer)));
    const start = performance.now();
    await sleep(seconds * 1000);
    const time = (performance.now() - start) / 1000;
    const lines = await Promise.all(watched.map(({ writer }) => linesOf(writer)));
    return table(
      watched.map(({ stage, watcher }, i) => {
        const used = cpuOf(watcher.pid) - (before[i] ?? 0);
        return {
          runtime: stage.runtime,
          seconds: Math.round(time),
          'lines/s': Math.round(((lines[i] ?? 0) - (linesBefore[i] ?? 0)) / time),
          'CPU ms': Math.round(used * 1000),
          '% of a core': Number(((used / time) * 100).toFixed(2)),
          'resident MiB': Math.round(memoryOf(watcher.pid).resident),
          load: load(),
        };
      }),
    );
  } finally {
    for (const writer of writers) writer.kill();
    await docker.close();
    await cri.close();
  }
}

async function linesOf(writer: ReturnType<typeof fork>): Promise<number> {
  writer.send('count');
  const [count] = (await once(writer, 'message')) as [number];
  return count;
}
