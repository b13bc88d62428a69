import type { Argv } from 'yargs';
import type { OptionTable } from './option.ts';
import type { Env } from './variables.ts';

/** What the process gives to a command. */
export interface Process {
  /** The whole command line behind the program's name. */
  argv: readonly string[];
  env: Env;
  stdin: NodeJS.ReadableStream;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  /** Aborted when the process is asked to end. */
  signal: AbortSignal;
  /** The directory in which `agents` and `templates` lie. */
  home: string;
  version: string;
}

/** What is done for a word of the command line. */
export interface Command<F extends object = object> {
  /** As yargs writes it: the word, and positional arguments in brackets. */
  usage: string;
  summary: string;
  /** True for the one that is meant when no word is given. */
  isDefault?: boolean;
  /** Its own options, in place of those of the configuration of the watcher. */
  options?: OptionTable;
  /** Flags of the command itself; those of the configuration come on top. */
  flags(yargs: Argv): Argv<F>;
  /** Returns the exit code. A `ConfigError` is told by the caller, with exit code 2. */
  run(process: Process, flags: F): Promise<number>;
}
