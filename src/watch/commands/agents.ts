import { join } from 'node:path';
import { listAgents, loadAgents, type LoadedAgent } from '../../agent/load.ts';
import type { Command } from '../../config/command.ts';
import { files } from '../../config/files.ts';
import { agentsToLoad } from '../../config/gather.ts';
import { settingsOf } from '../../config/setting.ts';

/** `kube-log-watcher agents`: every agent there is, with its options. */
export default {
  usage: 'agents',
  summary: 'Lists the agents with their options',
  flags: (yargs) => yargs.option('json', { type: 'boolean', default: false, describe: 'Prints JSON' }),
  async run({ argv, env, home, stdout }, { json }) {
    const { outside } = agentsToLoad({ argv, env, files });
    const places = { builtin: join(home, 'agents'), templates: join(home, 'templates'), outside };
    const names = (await listAgents(places)).map(({ name }) => name);
    const loaded = await loadAgents(places, names);
    const data = loaded.map(({ agent: { name, summary, options }, path, builtin }) => ({
      name,
      summary,
      builtin,
      path,
      options,
    }));
    stdout.write(json ? `${JSON.stringify(data, undefined, 2)}\n` : loaded.map(toText).join('\n'));
    return 0;
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
