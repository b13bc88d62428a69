import { join } from 'node:path';
import yargs, { type Argv } from 'yargs';
import manifest from '../package.json' with { type: 'json' };
import type { Command, Process } from './config/command.ts';
import { ConfigError } from './config/error.ts';
import { applyOptions } from './config/flags.ts';

/** By the word for each, in the order of the help. What a command needs is loaded for that command only. */
const commands = {
  watch: async () => (await import('./watch/commands/watch.ts')).default,
  render: async () => (await import('./watch/commands/render.ts')).default,
  explain: async () => (await import('./watch/commands/explain.ts')).default,
  agents: async () => (await import('./watch/commands/agents.ts')).default,
  doctor: async () => (await import('./watch/commands/doctor.ts')).default,
  rbac: async () => (await import('./watch/commands/rbac.ts')).default,
  tree: async () => (await import('./watch/commands/tree.ts')).default,
  lint: async () => (await import('./watch/commands/lint.ts')).default,
  'test-agent': async () => (await import('./kit/commands/test-agent.ts')).default,
  ship: async () => (await import('./ship/commands/ship.ts')).default,
  serve: async () => (await import('./all/commands/serve.ts')).default,
  'export-original': async () => (await import('./serve/commands/export-original.ts')).default,
  all: async () => (await import('./all/commands/all.ts')).default,
};

/** The commands that the words may mean, `watch` where none is given; all where they are to be listed. */
async function chosen(argv: readonly string[]): Promise<Command[]> {
  const words = Object.keys(commands) as (keyof typeof commands)[];
  const first = words.find((word) => word === argv[0]);
  const listed = argv.some((word) => ['--help', 'completion', '--get-yargs-completions'].includes(word));
  const meant = words.filter(
    (word) => word === first || (!first && (listed || word === 'watch' || argv.includes(word))),
  );
  return Promise.all(meant.map(async (word) => (await commands[word]()) as unknown as Command));
}

/** Runs what the command line asks for; returns the exit code. Throws a `ConfigError` for what it can't make sense of. */
export async function run(world: Process): Promise<number> {
  const { argv } = world;
  let exit = 0;
  const parser = yargs(argv)
    .scriptName(manifest.name)
    .usage(`$0 [command]\n\n${manifest.description}`)
    .epilogue('Every option is an environment variable too: --cluster-id is WATCHER_CLUSTER_ID.')
    .version(manifest.version)
    .wrap(Math.min(120, process.stdout.columns || 120))
    .completion('completion', 'Prints a script that completes commands and options in bash or zsh')
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      throw error ?? new ConfigError([message]);
    });
  const add = <F extends object>({ usage, summary, isDefault, options, flags, run }: Command<F>) =>
    parser.command(
      isDefault ? [usage, '$0'] : usage,
      summary,
      (yargs) => (options ? applyOptions(flags(yargs), '', options) : withOptions(world, flags(yargs))),
      async (values) => {
        // yargs has printed the script, and goes on.
        if (values._[0] === 'completion') return;
        const stray = values._.find((word) => word !== usage.split(' ')[0]);
        if (stray !== undefined)
          throw new ConfigError([`"${stray}" is no command; \`${manifest.name} --help\` lists them.`]);
        exit = await run(world, values as unknown as F);
      },
    );
  for (const command of await chosen(argv)) add(command);
  await parser.parseAsync();
  return exit;
}

/** The agents' options are only needed where they are shown. */
async function withOptions<T>({ argv, home }: Process, yargs: Argv<T>): Promise<Argv<T>> {
  const [{ listAgents, loadAgents }, { options }] = await Promise.all([
    import('./agent/load.ts'),
    import('./config/options.ts'),
  ]);
  const shown = argv.some((word) => ['--help', '--get-yargs-completions'].includes(word));
  const places = { builtin: join(home, 'agents'), templates: join(home, 'templates') };
  const names = shown ? (await listAgents(places)).map(({ name }) => name) : [];
  applyOptions(yargs, '', options);
  for (const { agent } of await loadAgents(places, names)) applyOptions(yargs, agent.name, agent.options);
  return yargs;
}
