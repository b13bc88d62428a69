import type { OptionTable, Values } from '../../config/option.ts';

const consistency = (describe: string) =>
  ({
    type: 'string',
    default: 'LOCAL_QUORUM',
    choices: ['ONE', 'TWO', 'THREE', 'LOCAL_ONE', 'QUORUM', 'LOCAL_QUORUM', 'EACH_QUORUM', 'ALL'],
    describe,
  }) as const;

/**
 * How Cassandra is reached; of no meaning for other stores. Names, variables and defaults are those of an earlier log
 * server, whose deployments set them. What they may be is told by `cassandraProblems`, in its words.
 */
export const cassandraOptions = {
  'cassandra-hosts': {
    type: 'list',
    default: ['127.0.0.1'],
    describe: 'Hosts of the cluster to ask first; they may also stand behind the options, without a name',
  },
  'cassandra-port': {
    type: 'number',
    default: 9042,
    variables: ['CASSANDRA_PORT'],
    describe: 'Port of its native protocol',
  },
  'cassandra-keyspace': {
    type: 'string',
    default: 'insight_logs',
    variables: ['CASSANDRA_KEYSPACE'],
    describe: 'Keyspace for the logs; it is made if it is not there',
  },
  'cassandra-replication-strategy': {
    type: 'string',
    default: 'SimpleStrategy',
    variables: ['CASSANDRA_REPLICATION_STRATEGY'],
    describe: 'SimpleStrategy or NetworkTopologyStrategy, for a keyspace that is made',
  },
  'cassandra-replication-factors': {
    type: 'data',
    default: '{"cluster":1}',
    variables: ['CASSANDRA_REPLICATION_FACTORS'],
    describe: 'Copies by datacenter; for SimpleStrategy under the key cluster',
  },
  'cassandra-write-concurrency': {
    type: 'number',
    variables: ['CASSANDRA_WRITE_CONCURRENCY'],
    describe: 'The most writes that Cassandra is asked for at once; four for each core without it',
  },
  'cassandra-write-buffer-size': {
    type: 'number',
    default: 1024,
    variables: ['CASSANDRA_WRITE_BUFFER_SIZE'],
    describe: 'The most entries at once that are made into writes; further ones wait for their turn',
  },
  'cassandra-datacenter': {
    type: 'string',
    describe: 'Datacenter whose hosts are asked; that of the first host which answers without it',
  },
  'cassandra-write-consistency': consistency('What a write waits for before it is acknowledged'),
  'cassandra-read-consistency': consistency('What a read asks for'),
  'cassandra-user': { type: 'string', describe: 'Name to log in with' },
  'cassandra-password-file': { type: 'secret', describe: 'File with its password' },
  'cassandra-tls': { type: 'boolean', default: false, describe: 'Whether connections are encrypted' },
  'cassandra-ca-file': { type: 'secret', describe: 'File with the authority of its certificates; with TLS' },
  'cassandra-cert-file': { type: 'secret', describe: 'File with the own certificate; with TLS' },
  'cassandra-key-file': { type: 'secret', describe: 'File with its key' },
  'cassandra-tls-name': {
    type: 'string',
    describe: 'Name that the certificates of the hosts are for, if not for their addresses; with TLS',
  },
} as const satisfies OptionTable;

export type CassandraValues = Values<typeof cassandraOptions>;

/** All that is wrong with the values, a sentence for each. */
export function cassandraProblems(values: CassandraValues): string[] {
  const problems: string[] = [];
  const require = (holds: boolean, problem: string) => {
    if (!holds) problems.push(`invalid cassandra options: ${problem}`);
  };
  const port = values['cassandra-port'];
  const strategy = values['cassandra-replication-strategy'];
  const factors = readFactors(values['cassandra-replication-factors']);
  require(values['cassandra-hosts'].length > 0, 'at least one cassandra host must be given');
  require(Number.isInteger(port) && port >= 1 && port <= 65_535, 'CQL port must be in range [1,65535]');
  require(/^\w+$/.test(values['cassandra-keyspace']), 'no keyspace given');
  require(factors !== undefined, 'replication factors must be a map of whole numbers from 1 on');
  const names = Object.keys(factors ?? {});
  if (strategy === 'SimpleStrategy') {
    require(names.length === 1, 'for SimpleStrategy, one single replication factor must be given');
    require(names.includes('cluster'), "for SimpleStrategy, a replication factor with key 'cluster' is required");
  } else if (strategy === 'NetworkTopologyStrategy') {
    require(names.length > 0, 'for NetworkTopologyStrategy, one replication factor must be given for each datacenter');
  } else {
    require(false, 'invalid replication strategy: must be one of [SimpleStrategy NetworkTopologyStrategy]');
  }
  const whole = (value: number | undefined) => value === undefined || (Number.isInteger(value) && value > 0);
  require(whole(values['cassandra-write-concurrency']), 'WriteConcurrency must be a positive value');
  require(whole(values['cassandra-write-buffer-size']), 'WriteBufferSize must be a positive value');
  const together = (one: keyof CassandraValues, other: keyof CassandraValues) => {
    if ((values[one] === undefined) !== (values[other] === undefined))
      problems.push(`\`--${one}\` and \`--${other}\` are given together or not at all.`);
  };
  together('cassandra-user', 'cassandra-password-file');
  together('cassandra-cert-file', 'cassandra-key-file');
  for (const name of ['ca-file', 'cert-file', 'tls-name'] as const)
    if (values[`cassandra-${name}`] !== undefined && !values['cassandra-tls'])
      problems.push(`\`--cassandra-${name}\` needs \`--cassandra-tls\`.`);
  return problems;
}

/** Copies by datacenter; undefined if the value is no map of whole numbers. */
export function readFactors(value: unknown): Readonly<Record<string, number>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const good = Object.entries(value).every(([, count]) => Number.isInteger(count) && (count as number) > 0);
  return good ? (value as Record<string, number>) : undefined;
}
