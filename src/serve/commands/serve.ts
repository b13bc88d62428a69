import type { Command, Process } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import type { OptionTable } from '../../config/option.ts';
import { serveOptions } from '../options.ts';

interface Flags {
  hosts?: readonly string[];
}

/** `kube-log-watcher serve`, with the options of what is joined to it. */
export function serveCommand<O extends OptionTable>(
  more: O,
  run: (process: Process, hosts: readonly string[]) => Promise<number>,
) {
  return {
    usage: 'serve [hosts..]',
    summary: 'Keeps logs that are sent over HTTP, and answers queries',
    options: { ...serveOptions, ...more },
    flags: (yargs) =>
      yargs.positional('hosts', { type: 'string', array: true, describe: 'Hosts of Cassandra, for --store cassandra' }),
    async run(process, { hosts = [] } = {}) {
      try {
        return await run(process, hosts);
      } catch (error) {
        if (error instanceof ConfigError || !(error instanceof Error)) throw error;
        process.stderr.write(`${error.message}\n`);
        return 1;
      }
    },
  } satisfies Command<Flags>;
}

/** Keeps logs and answers queries over HTTP. */
export default serveCommand({}, async (process, hosts) => {
  const [{ serveSettings }, { runServe }] = await Promise.all([import('../settings.ts'), import('../run.ts')]);
  return runServe(serveSettings(process, hosts), process);
});
