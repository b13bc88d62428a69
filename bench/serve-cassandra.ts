import { setTimeout as sleep } from 'node:timers/promises';
import { missing, startCluster } from '../test/e2e/support/cassandra.ts';
import { load } from './process.ts';
import { ask, fillRow, start } from './serve.ts';
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
      const serving = await start(['--store=cassandra', ...options]);
      while (!(await ask(serving.port, '/readyz').then(() => true, () => false))) await sleep(100); // prettier-ignore
      rows.push({ ...(await fillRow(serving, entries, form)), load: load() });
      await serving.stop();
    }
  } finally {
    await remove();
  }
  return table(rows);
}
