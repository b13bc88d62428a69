import { availableParallelism } from 'node:os';
import { readFactors } from '../../options/cassandra.ts';
import { parseDuration } from '../../query/duration.ts';
import type { ServeValues } from '../../options.ts';
import type { CassandraSettings } from '../cassandra.ts';

/** What the options say, which `cassandraProblems` has found nothing wrong with. */
export function cassandraSettings(values: ServeValues): CassandraSettings {
  const retention = values.retention === undefined ? 0n : (parseDuration(values.retention) ?? 0n);
  return {
    hosts: values['cassandra-hosts'],
    port: values['cassandra-port'],
    keyspace: values['cassandra-keyspace'],
    replication: {
      strategy: values['cassandra-replication-strategy'] as CassandraSettings['replication']['strategy'],
      factors: readFactors(values['cassandra-replication-factors']) ?? {},
    },
    // Twenty years are the most that Cassandra keeps something for a time.
    retention: Math.min(Number((retention + 999_999_999n) / 1_000_000_000n), 20 * 365 * 86_400 - 3 * 86_400),
    datacenter: values['cassandra-datacenter'],
    consistency: { write: values['cassandra-write-consistency'], read: values['cassandra-read-consistency'] },
    username: values['cassandra-user'],
    password: values['cassandra-password-file'],
    tls: values['cassandra-tls']
      ? {
          ca: values['cassandra-ca-file'],
          cert: values['cassandra-cert-file'],
          key: values['cassandra-key-file'],
          name: values['cassandra-tls-name'],
        }
      : undefined,
    writeConcurrency: values['cassandra-write-concurrency'] ?? 4 * availableParallelism(),
    writeBuffer: values['cassandra-write-buffer-size'],
    queue: values['write-queue'],
  };
}
