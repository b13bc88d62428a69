import { join } from 'node:path';
import { listAgents } from '../../agent/load.ts';
import { findOutside } from '../../agent/places.ts';
import type { Command } from '../../config/command.ts';
import { files } from '../../config/files.ts';
import { agentsToLoad } from '../../config/gather.ts';
import { parseConfig } from '../../config/parse.ts';
import { parseAddress } from '../../system/status.ts';
import { askWatcher, toText } from '../explain.ts';

/** `kube-log-watcher explain`: asks the running watcher why a container is shipped or is not. */
export default {
  usage: 'explain [of]',
  summary: 'Asks the running watcher why a container is shipped or is not',
  flags: (yargs) =>
    yargs
      .positional('of', {
        type: 'string',
        default: '',
        describe: '[NAMESPACE/]POD[/CONTAINER], or a container id; all without',
      })
      .option('url', {
        type: 'string',
        describe: 'Where the watcher serves its status; default is the --status-address here',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Prints JSON' })
      .epilogue('Exit codes: 0 shipped, 3 left out, 4 waiting, 5 failing, 6 not on this node, 1 no watcher answers.'),
  async run({ argv, env, home, stdout, stderr }, { of, url, json }) {
    const world = { argv, env, files, ignore: ['url', 'json'] };
    const { directories } = await findOutside(agentsToLoad(world).outside, files.absolute('.'));
    const ours = { builtin: join(home, 'agents'), templates: '' };
    const listed = await listAgents({ ...ours, outside: directories }).catch(() => listAgents(ours));
    const known = listed.map(({ name }) => name);
    const { core } = parseConfig({ ...world, agents: [], known, offline: true });
    try {
      const report = await askWatcher(url ?? local(core['status-address']), of);
      stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : toText(report, of));
      return report.exitCode;
    } catch (error) {
      stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return 1;
    }
  },
} satisfies Command<{ of: string; url: string | undefined; json: boolean }>;

function local(address: string): string {
  const { host = '127.0.0.1', port = 0 } = parseAddress(address) ?? {};
  const everywhere = host === '0.0.0.0' || host === '::';
  return `http://${everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
}
