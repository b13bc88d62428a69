import type { Command } from '../../config/command.ts';
import { allOptions } from '../options.ts';

/** `kube-log-watcher all`: the whole path in one process. */
export default {
  usage: 'all',
  summary: 'Watches, ships and serves in one process, for a single node',
  options: allOptions,
  flags: (yargs) => yargs,
  async run(process) {
    const [{ readTable }, { runAll }] = await Promise.all([import('../../config/table.ts'), import('../all.ts')]);
    return runAll(readTable(allOptions, process), process);
  },
} satisfies Command;
