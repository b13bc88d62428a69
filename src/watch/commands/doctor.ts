import type { Command } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { examine } from '../doctor.ts';
import type { Finding } from '../doctor/finding.ts';

const formats = ['text', 'json'] as const;

/** `kube-log-watcher doctor`: what the place lacks in which it runs, and what to do about it. */
export default {
  usage: 'doctor',
  summary: 'Looks at mounts, rights, limits and shippers where it runs, and tells what to do about what is wrong',
  flags: (yargs) =>
    yargs
      .option('format', { type: 'string', default: 'text', describe: `How it is told: ${formats.join(', ')}` })
      .epilogue('Exit codes: 0 all is well, or well enough; 1 something has to be done; 2 wrong command line.'),
  async run(process, { format }) {
    if (!formats.some((one) => one === format))
      throw new ConfigError([`\`--format\` is "${format}"; it has to be one of ${formats.join(', ')}.`]);
    const findings = await examine(process, ['format']);
    const well = findings.every(({ state }) => state !== 'fail');
    const data = { ok: well, findings };
    process.stdout.write(format === 'json' ? `${JSON.stringify(data, undefined, 2)}\n` : findings.map(toText).join(''));
    return well ? 0 : 1;
  },
} satisfies Command<{ format: string }>;

function toText({ name, state, detail, fix }: Finding): string {
  return `${state.padEnd(4)}  ${name}: ${detail}\n${fix === undefined ? '' : `      -> ${fix}\n`}`;
}
