import type { Command } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { serveOptions } from '../options.ts';

interface Flags {
  hosts?: readonly string[];
}

/** `kube-log-watcher serve`: keeps logs and answers queries over HTTP. */
export default {
  usage: 'serve [hosts..]',
  summary: 'Keeps logs that are sent over HTTP, and answers queries',
  options: serveOptions,
  flags: (yargs) =>
    yargs.positional('hosts', { type: 'string', array: true, describe: 'Hosts of Cassandra, for --store cassandra' }),
  async run(process, { hosts = [] } = {}) {
    const [{ serveSettings }, { runServe }] = await Promise.all([import('../settings.ts'), import('../run.ts')]);
    try {
      return await runServe(serveSettings(process, hosts), process);
    } catch (error) {
      if (error instanceof ConfigError || !(error instanceof Error)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
  },
} satisfies Command<Flags>;
