#!/usr/bin/env node
import { join } from 'node:path';
import yargs, { type Argv } from 'yargs';
import manifest from '../package.json' with { type: 'json' };
import { listAgents, loadAgents } from './agent/load.ts';
import type { Command, Process } from './config/command.ts';
import { ConfigError } from './config/error.ts';
import { applyOptions } from './config/flags.ts';
import { options } from './config/options.ts';
import testAgent from './kit/commands/test-agent.ts';
import { mask } from './system/secrets.ts';
import agents from './watch/commands/agents.ts';
import explain from './watch/commands/explain.ts';
import lint from './watch/commands/lint.ts';
import render from './watch/commands/render.ts';
import serve from './serve/commands/serve.ts';
import ship from './ship/commands/ship.ts';
import watch from './watch/commands/watch.ts';

const ended = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ended.abort(signal));

// A logging-agent takes its only flag with one dash too.
const argv = process.argv.slice(2).map((word) => (/^-config(=|$)/.test(word) ? `-${word}` : word));
const world: Process = {
  argv,
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: ended.signal,
  // In the bundle the agents lie beside this file.
  home: import.meta.filename.endsWith('.ts') ? join(import.meta.dirname, '..') : import.meta.dirname,
  version: manifest.version,
};

/** Exit codes: 0 well, 1 failed, 2 wrong configuration or command line; a command may have further ones. */
async function main(): Promise<number> {
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
      (yargs) => (options ? applyOptions(flags(yargs), '', options) : withOptions(flags(yargs))),
      async (values) => {
        const stray = values._.find((word) => word !== usage.split(' ')[0]);
        if (stray !== undefined)
          throw new ConfigError([`"${stray}" is no command; \`${manifest.name} --help\` lists them.`]);
        exit = await run(world, values as unknown as F);
      },
    );
  add(watch);
  add(render);
  add(explain);
  add(agents);
  add(lint);
  add(testAgent);
  add(ship);
  add(serve);
  await parser.parseAsync();
  return exit;
}

/** The agents' options are only needed where they are shown. */
async function withOptions<T>(yargs: Argv<T>): Promise<Argv<T>> {
  const shown = argv.some((word) => ['--help', '--get-yargs-completions'].includes(word));
  const places = { builtin: join(world.home, 'agents'), templates: join(world.home, 'templates') };
  const names = shown ? (await listAgents(places)).map(({ name }) => name) : [];
  applyOptions(yargs, '', options);
  for (const { agent } of await loadAgents(places, names)) applyOptions(yargs, agent.name, agent.options);
  return yargs;
}

try {
  process.exitCode = await main();
} catch (error) {
  const wrong = error instanceof ConfigError;
  for (const line of wrong
    ? error.problems
    : [error instanceof Error ? (error.stack ?? error.message) : String(error)]) {
    process.stderr.write(mask(`${line}\n`));
  }
  process.exitCode = wrong ? 2 : 1;
}
