import type { LoadedAgent } from '../../agent/load.ts';
import type { Command } from '../../config/command.ts';
import { settingsOf } from '../../config/setting.ts';
import { allAgents } from '../settings.ts';

/** `kube-log-watcher agents`: every agent there is, with its options. */
export default {
  usage: 'agents',
  summary: 'Lists the agents with their options',
  flags: (yargs) => yargs.option('json', { type: 'boolean', default: false, describe: 'Prints JSON' }),
  async run(process, { json }) {
    const { loaded, broken } = await allAgents(process, ['json']);
    const data = loaded.map(({ agent: { name, summary, options }, path, builtin }) => ({
      name,
      summary,
      builtin,
      path,
      options,
    }));
    process.stdout.write(json ? `${JSON.stringify(data, undefined, 2)}\n` : loaded.map(toText).join('\n'));
    for (const problem of broken.values()) process.stderr.write(`${problem}\n`);
    return broken.size > 0 ? 1 : 0;
  },
} satisfies Command<{ json: boolean }>;

function toText({ agent: { name, summary, options }, path, builtin }: LoadedAgent): string {
  const lines = settingsOf(name, options).map(({ name, variables, option }) => {
    const extra = option.required
      ? 'required'
      : option.default === undefined
        ? ''
        : `default ${JSON.stringify(option.default)}`;
    return `  --${name}  ${variables[0]}${extra && `  (${extra})`}\n      ${option.describe}\n`;
  });
  return `${name}: ${summary}${builtin ? '' : ` (${path})`}\n${lines.join('')}`;
}
