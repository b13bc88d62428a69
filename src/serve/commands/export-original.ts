import type { Command } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { cassandraOptions } from '../options/cassandra.ts';

interface Flags {
  hosts?: readonly string[];
}

/** `kube-log-watcher export-original`: prints what an earlier log server kept in Cassandra, as `/api/import` takes it. */
export default {
  usage: 'export-original [hosts..]',
  summary: "Prints the rows of an earlier log server's table in Cassandra, for /api/import",
  options: cassandraOptions,
  flags: (yargs) => yargs.positional('hosts', { type: 'string', array: true, describe: 'Hosts of Cassandra' }),
  async run(process, { hosts = [] } = {}) {
    const [{ serveSettings }, { exportOriginal }] = await Promise.all([
      import('../settings.ts'),
      import('../stores/cassandra/original.ts'),
    ]);
    try {
      const values = serveSettings({ ...process, argv: [...process.argv, '--store=cassandra'] }, hosts);
      const count = await exportOriginal(values, process.stdout, process.signal);
      process.stderr.write(`${count} rows\n`);
      return 0;
    } catch (error) {
      if (error instanceof ConfigError || !(error instanceof Error)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
  },
} satisfies Command<Flags>;
