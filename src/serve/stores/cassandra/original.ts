import { once } from 'node:events';
import type { types } from 'cassandra-driver';
import type { ServeValues } from '../../options.ts';
import { rowOf } from '../../query/row.ts';
import type { Entry } from '../../store.ts';
import { silent } from '../../../system/log.ts';
import { openSession } from './client.ts';
import { cassandraSettings } from './settings.ts';

const query =
  'SELECT namespace, pod_name, container_name, time, message, stream, pod_id, docker_id, host, labels FROM logs';
const page = 1000;

/** A row of the table of an earlier log server, whose times are milliseconds. */
export function entryOfOriginal(row: types.Row): Entry {
  const text = (name: string) => String(row[name] ?? '');
  return {
    namespace: text('namespace'),
    pod: text('pod_name'),
    container: text('container_name'),
    time: BigInt((row['time'] as Date).getTime()) * 1_000_000n,
    log: text('message'),
    stream: text('stream'),
    podId: text('pod_id'),
    dockerId: text('docker_id'),
    host: text('host'),
    labels: Object.fromEntries((row['labels'] as Map<string, string> | null) ?? []),
    metadata: {},
  };
}

/** Prints all rows of the table `logs` of the keyspace, one JSON text a line, as `/api/import` takes them; how many. */
export async function exportOriginal(
  values: ServeValues,
  out: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<number> {
  const patience = { write: 0, read: 60_000, answer: 12_000 };
  // Nothing is made: what isn't there is told.
  const { client, ask } = await openSession({ ...cassandraSettings(values), patience }, silent, async () => []);
  let count = 0;
  let state: string | undefined;
  try {
    do {
      const result = await ask(query, [], { size: page, state });
      const lines = result.rows.map((row) => `${JSON.stringify(rowOf(entryOfOriginal(row)))}\n`);
      if (lines.length > 0 && !out.write(lines.join(''))) await once(out, 'drain', { signal });
      count += lines.length;
      ({ state } = result);
      signal.throwIfAborted();
    } while (state !== undefined);
  } finally {
    await client.shutdown();
  }
  return count;
}
