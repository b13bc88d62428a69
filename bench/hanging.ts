import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { latencies } from './latency.ts';
import { createStage } from './stage.ts';
import { load } from './process.ts';
import { percentile, table } from './table.ts';

/** What an agent that never comes to an end costs nine that are well: the same starts without and with it. */
export async function hanging(): Promise<string> {
  const rows = [];
  for (const round of [1, 2, 3])
    for (const ill of [false, true])
      rows.push({ round, 'beside it': ill ? 'hangs' : 'nothing', ...(await measure(ill)) });
  return table(rows);
}

async function measure(ill: boolean) {
  const stage = await createStage('cri');
  try {
    const residents = await stage.fill(100, 50);
    const watcher = await stage.watcher({ more: await nine(stage.root, ill) });
    await watcher.complete(residents);
    const { all } = await latencies(stage, watcher, 'one by one');
    const ms = (share: number) => Math.round(percentile(all, share));
    return { 'p50 ms': ms(0.5), 'p99 ms': ms(0.99), load: load() };
  } finally {
    await stage.close();
  }
}

/** Five agents beside the four, and one of an operator's that loops for ever. */
async function nine(root: string, ill: boolean) {
  const agents = ['vector', 'filebeat', 'fluentd', 'otel-collector', 'rsyslog', ...(ill ? ['hanging'] : [])];
  const outside = join(root, 'outside');
  await mkdir(outside);
  const code = `export default { name: 'hanging', summary: 'Never ends', options: {}, render() { for (;;); } };`;
  await writeFile(join(outside, 'hanging.ts'), code);
  const env: Record<string, string> = { WATCHER_AGENTS_PATH: outside };
  return { agents, env };
}
