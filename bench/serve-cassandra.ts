import { setTimeout as sleep } from 'node:timers/promises';
import { missing, startCluster } from '../test/e2e/support/cassandra.ts';
import { cpuOf, load, memoryOf } from './process.ts';
import { ask, fill, start } from './serve.ts';
import { table } from './table.ts';

/**
 * What is taken in a second by a serve whose entries are kept by Cassandra, which runs on the same machine;
 * test/e2e/support/cassandra.sh brings it.
 */
export async function serveCassandra(entries = Number(process.env['SERVE_ENTRIES'] ?? 300_000)): Promise<string> {
  if (missing !== undefined) return missing;
  const { port: cassandra, remove } = await startCluster(1);
  const rows = [];
  try {
    for (const form of ['loki', 'write'] as const) {
      const options = [`--cassandra-port=${cassandra}`, `--cassandra-keyspace=bench_${form}`];
      const { pid, port, stop } = await start(['--store=cassandra', ...options]);
      while (!(await ask(port, '/readyz').then(() => true, () => false))) await sleep(100); // prettier-ignore
      await fill(port, 20_000, form);
      const [began, before] = [performance.now(), cpuOf(pid)];
      await fill(port, entries, form);
      const seconds = (performance.now() - began) / 1000;
      rows.push({
        form,
        'entries/s': Math.round(entries / seconds),
        'CPU s per million': Number((((cpuOf(pid) - before) / entries) * 1e6).toFixed(2)),
        'peak MiB': Number(memoryOf(pid).peak.toFixed(0)),
        load: load(),
      });
      await stop();
    }
  } finally {
    await remove();
  }
  return table(rows);
}
