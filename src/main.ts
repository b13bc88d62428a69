#!/usr/bin/env node
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import manifest from '../package.json' with { type: 'json' };
import type { Process } from './config/command.ts';
import { ConfigError } from './config/error.ts';
import { mask } from './system/secrets.ts';

// A watcher waits most of its time: V8's optimizing compilers take a fifth of its memory and save it little. They are
// turned off before their own code is touched, so before all else is loaded. What a burst took it gives back by itself.
const [, , command = 'watch'] = process.argv;
if (command === 'watch' || command.startsWith('-'))
  for (const flag of ['no-opt', 'no-maglev', 'expose-gc']) setFlagsFromString(`--${flag}`);

const ended = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ended.abort(signal));

// A logging-agent takes its only flag with one dash too, and the log server that serve stands in for all of its flags.
const oneDash = command === 'serve' ? /^-[a-z]{2}[a-z-]*(=|$)/ : /^-config(=|$)/;
const argv = process.argv.slice(2).map((word) => (oneDash.test(word) ? `-${word}` : word));
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

// Exit codes: 0 well, 1 failed, 2 wrong configuration or command line; a command may have further ones.
try {
  const { run } = await import('./commands.ts');
  process.exitCode = await run(world);
} catch (error) {
  const wrong = error instanceof ConfigError;
  for (const line of wrong
    ? error.problems
    : [error instanceof Error ? (error.stack ?? error.message) : String(error)]) {
    process.stderr.write(mask(`${line}\n`));
  }
  process.exitCode = wrong ? 2 : 1;
}
