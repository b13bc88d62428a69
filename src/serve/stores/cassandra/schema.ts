import type { Client } from 'cassandra-driver';

export interface Replication {
  strategy: 'SimpleStrategy' | 'NetworkTopologyStrategy';
  /** By datacenter; of SimpleStrategy the one of `cluster`. */
  factors: Readonly<Record<string, number>>;
}

export interface SchemaSettings {
  keyspace: string;
  replication: Replication;
  /** Seconds that entries are kept from their time on; 0 for ever. */
  retention: number;
}

/** What may be asked by its name is kept longer than the entries themselves. */
const margin = 2 * 86_400;

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

export function keyspaceStatement({ keyspace, replication }: SchemaSettings): string {
  const { strategy, factors } = replication;
  const counts =
    strategy === 'SimpleStrategy'
      ? [`'replication_factor': ${factors['cluster'] ?? 1}`]
      : Object.keys(factors)
          .toSorted()
          .map((name) => `${text(name)}: ${factors[name] ?? 0}`);
  const map = [`'class': '${strategy}'`, ...counts].join(', ');
  return `CREATE KEYSPACE IF NOT EXISTS ${quote(keyspace)} WITH replication = {${map}}`;
}

/** Hours of one window of compaction: some thirty of them are the retention. */
export const windowOf = (retention: number): number =>
  retention === 0 ? 24 : Math.max(1, Math.ceil(retention / 3600 / 30));

interface Table {
  columns: string;
  key: string;
  /** What the table is set to, as in ALTER TABLE. */
  settings: string;
  /** Seconds. */
  ttl: number;
  window: number;
}

/** Our tables by name. What an earlier log server made is called `logs` and is left alone. */
function tablesOf(retention: number): Readonly<Record<string, Table>> {
  const window = windowOf(retention);
  const indexed = retention === 0 ? 0 : retention + margin;
  const settings = (ttl: number) =>
    `compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', ` +
    `'compaction_window_size': '${window}'} AND default_time_to_live = ${ttl} AND gc_grace_seconds = 10800`;
  const table = (columns: string, key: string, ttl: number): Table => ({
    columns,
    key,
    settings: settings(ttl),
    ttl,
    window,
  });
  return {
    lines: table(
      'series blob, seconds int, start bigint, time bigint, hash blob, number int, ' +
        'log text, size int, metadata frozen<map<text, text>>, written set<bigint>',
      '(series, seconds, start), time, hash, number',
      retention,
    ),
    series_of_day: table(
      'day int, namespace text, series blob, source text, parts set<int>',
      'day, namespace, series',
      indexed,
    ),
    days: table('shelf int, day int', 'shelf, day', indexed),
  };
}

/** Makes what is absent, and sets our tables to what was asked for. Whoever may not do so can use what is there already. */
export async function prepareSchema(client: Client, settings: SchemaSettings): Promise<string[]> {
  const { keyspace, retention } = settings;
  const done: string[] = [];
  const run = async (statement: string) => {
    await client.execute(statement);
    done.push(statement);
  };
  const [known] = (
    await client.execute('SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?', [keyspace], {
      prepare: true,
    })
  ).rows;
  if (!known) await run(keyspaceStatement(settings));
  const { rows } = await client.execute(
    'SELECT table_name, default_time_to_live, compaction FROM system_schema.tables WHERE keyspace_name = ?',
    [keyspace],
    { prepare: true },
  );
  for (const [name, table] of Object.entries(tablesOf(retention))) {
    const place = `${quote(keyspace)}.${name}`;
    const there = rows.find((row) => row['table_name'] === name);
    if (!there) {
      await run(
        `CREATE TABLE IF NOT EXISTS ${place} (${table.columns}, PRIMARY KEY (${table.key})) WITH ${table.settings}`,
      );
      continue;
    }
    const compaction = new Map(there['compaction'] as Map<string, string>);
    const same =
      there['default_time_to_live'] === table.ttl && compaction.get('compaction_window_size') === String(table.window);
    if (!same) await run(`ALTER TABLE ${place} WITH ${table.settings}`);
  }
  return done;
}
