import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { listAgents, type AgentPlaces } from '../../agent/load.ts';
import { findOutside } from '../../agent/places.ts';
import type { Command, Process } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { examineApart } from '../examination.ts';
import { examinedText } from '../report.ts';

interface Flags {
  agent: string;
  name: string | undefined;
  update: boolean;
  runs: number;
  seed: number;
}

/** `kube-log-watcher test-agent`: the contract suite and an author's own golden folders, against any agent. */
export default {
  usage: 'test-agent <agent> [name]',
  summary: 'Examines agents: the suite that every agent has to pass, and their own golden folders',
  options: {},
  flags: (yargs) =>
    yargs
      .positional('agent', {
        type: 'string',
        demandOption: true,
        describe: 'A file, a directory of agents, an npm package, or the name of a built-in agent',
      })
      .positional('name', { type: 'string', describe: 'One agent of several' })
      .option('update', {
        type: 'boolean',
        default: false,
        describe: 'Writes what the golden folders hold, instead of comparing',
      })
      .option('runs', { type: 'number', default: 10_000, describe: 'How many hostile targets are made up' })
      .option('seed', { type: 'number', default: 1, describe: 'Another seed makes up others' })
      .epilogue(
        'Golden cases lie in golden/<agent>/<case>/input.yaml beside the agent. Exit codes: 0 passed, 1 failed, 2 wrong command line.',
      ),
  async run(process, { agent, name, update, runs, seed }) {
    for (const [flag, value] of Object.entries({ runs, seed }))
      if (!Number.isInteger(value) || value < 0) throw new ConfigError([`\`--${flag}\` has to be a whole number.`]);
    const known = ['update', 'no-update', 'runs', 'seed'];
    const strange = process.argv.filter(
      (word) => word.startsWith('-') && !known.includes(word.replace(/^--|=.*$/gs, '')),
    );
    if (strange.length > 0) throw new ConfigError(strange.map((word) => `\`${word}\` is no option of test-agent.`));
    const { places, golden, names } = await find(agent, name, process);
    let failed = 0;
    for (const one of names) {
      process.stdout.write(`${one}\n`);
      try {
        const input = { places, name: one, golden: join(golden, one), update, runs: runs, seed: seed };
        const { text, passed } = examinedText(await examineApart(input), { runs: runs, seed: seed });
        process.stdout.write(text);
        if (!passed) failed += 1;
      } catch (error) {
        failed += 1;
        process.stdout.write(`  FAIL  ${(error as Error).message.replaceAll('\n', '\n        ')}\n`);
      }
    }
    return failed > 0 ? 1 : 0;
  },
} satisfies Command<Flags>;

/** Where the agents to be examined lie, and their names. */
async function find(
  given: string,
  name: string | undefined,
  { home }: Process,
): Promise<{ places: AgentPlaces; golden: string; names: string[] }> {
  const ours: AgentPlaces = { builtin: join(home, 'agents'), templates: join(home, 'templates') };
  const path = resolve(given);
  if (await isFile(path)) {
    const directory = dirname(path);
    const places = { ...ours, outside: [directory] };
    return { places, golden: join(directory, 'golden'), names: [basename(path, extname(path))] };
  }
  const { directories, problems } = await findOutside([given], resolve('.'));
  const [directory] = directories;
  if (directory === undefined) {
    const builtin = (await listAgents(ours)).find((entry) => entry.name === given);
    if (builtin && name === undefined) return { places: ours, golden: join(ours.builtin, 'golden'), names: [given] };
    throw new ConfigError(problems.map((problem) => `test-agent ${problem}.`));
  }
  const places = { ...ours, outside: [directory] };
  const names = (await listAgents(places)).filter((entry) => !entry.builtin).map((entry) => entry.name);
  if (names.length === 0) throw new ConfigError([`There is no agent in ${directory}: a file <name>.yaml, .ts or .js.`]);
  if (name !== undefined && !names.includes(name))
    throw new ConfigError([`There is no agent "${name}" in ${directory}; there are ${names.join(', ')}.`]);
  return { places, golden: join(directory, 'golden'), names: name === undefined ? names : [name] };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
