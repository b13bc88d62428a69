import type { Command } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { serveOptions } from '../options.ts';

/** `kube-log-watcher serve`: keeps logs and answers queries over HTTP. */
export default {
  usage: 'serve',
  summary: 'Keeps logs that are sent over HTTP, and answers queries',
  options: serveOptions,
  flags: (yargs) => yargs,
  async run(process) {
    const [{ serveSettings }, { runServe }] = await Promise.all([import('../settings.ts'), import('../run.ts')]);
    try {
      return await runServe(serveSettings(process), process);
    } catch (error) {
      if (error instanceof ConfigError || !(error instanceof Error)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
  },
} satisfies Command;
