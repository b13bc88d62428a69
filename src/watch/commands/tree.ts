import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { treeOf } from '../tree.ts';

interface Flags {
  directory: string;
  interval: string | undefined;
}

/** `kube-log-watcher tree`: what a container sees of the node's directories. */
export default {
  usage: 'tree <directory>',
  summary: 'Prints a directory as a tree, once or again and again: what a container sees of the node',
  options: {},
  flags: (yargs) =>
    yargs
      .positional('directory', { type: 'string', demandOption: true, describe: 'The directory' })
      .option('interval', {
        type: 'string',
        describe: 'Prints it every so many seconds, as 30 or 30s, until it is ended',
      }),
  async run({ stdout, stderr, signal }, { directory, interval }) {
    const [, seconds] = /^(\d+(?:\.\d+)?)s?$/.exec(interval ?? '0') ?? [];
    if (seconds === undefined)
      throw new ConfigError([`\`--interval\` is ${JSON.stringify(interval)}: give seconds, as 30s`]);
    for (;;) {
      let failed = false;
      try {
        stdout.write(treeOf(directory));
      } catch (error) {
        failed = true;
        stderr.write(`${directory} can not be shown: ${(error as Error).message}\n`);
        stderr.write(`${interval ? `it is looked at again in ${seconds} s` : 'is it mounted, and may it be read?'}\n`);
      }
      if (!interval) return failed ? 1 : 0;
      await sleep(Number(seconds) * 1000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return 0;
    }
  },
} satisfies Command<Flags>;
