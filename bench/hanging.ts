import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { latencies } from './latency.ts';
import { createStage } from './stage.ts';
import { load } from './process.ts';
import { percentile, table } from './table.ts';

/** What an agent that never comes to an end costs nine that are well: the same starts without and with it. */
export async function hanging(): Promise<string> {
  const rows = [];
  for (const round of [1, 2])
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

/** Five agents beside the four, whose shippers nobody tells, and one of an operator's that loops for ever. */
async function nine(root: string, ill: boolean) {
  const out = join(root, 'more');
  const outside = join(root, 'outside');
  for (const path of [outside, ...['filebeat', 'fluent-bit', 'fluentd', 'rsyslog'].map((name) => join(out, name))])
    await mkdir(path, { recursive: true });
  const code = `export default { name: 'hanging', summary: 'Never ends', options: {}, render() { for (;;); } };`;
  await writeFile(join(outside, 'hanging.ts'), code);
  const env: Record<string, string> = {
    WATCHER_AGENTS_PATH: outside,
    WATCHER_FILEBEAT_DEST_PATH: join(out, 'filebeat'),
    WATCHER_FLUENT_BIT_DEST_PATH: join(out, 'fluent-bit'),
    WATCHER_FLUENT_BIT_RELOAD_URL: '',
    WATCHER_FLUENTD_DEST_PATH: join(out, 'fluentd'),
    WATCHER_FLUENTD_RELOAD_URL: '',
    WATCHER_OTEL_COLLECTOR_CONFIG_PATH: join(out, 'containers.yaml'),
    WATCHER_OTEL_COLLECTOR_PROCESS: '',
    WATCHER_RSYSLOG_DEST_PATH: join(out, 'rsyslog'),
    WATCHER_RSYSLOG_PROCESS: '',
  };
  const agents = ['filebeat', 'fluent-bit', 'fluentd', 'otel-collector', 'rsyslog', ...(ill ? ['hanging'] : [])];
  return { agents, env };
}
