import type { Command } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { shipOptions } from '../options.ts';

interface Flags {
  check: boolean;
}

/** `kube-log-watcher ship`: brings the lines of log files to Loki, an HTTP server or stdout. */
export default {
  usage: 'ship',
  summary: 'Brings the lines of log files to Loki, an HTTP server or stdout',
  options: shipOptions,
  flags: (yargs) =>
    yargs.option('check', {
      type: 'boolean',
      default: false,
      describe: 'Shows the configuration in force and what would be followed, and ends',
    }),
  async run(process, { check }) {
    // What ship needs is loaded for ship only.
    const [{ shipSettings }, { checkShip, runShip }] = await Promise.all([
      import('../settings.ts'),
      import('../run.ts'),
    ]);
    try {
      const settings = shipSettings(process, ['check']);
      return check ? checkShip(settings, process) : await runShip(settings, process);
    } catch (error) {
      if (process.argv.includes('--preset=loggy') || process.argv.join(' ').includes('--preset loggy'))
        process.stderr.write('Failed to start!\n');
      if (error instanceof ConfigError || !(error instanceof Error)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
  },
} satisfies Command<Flags>;
