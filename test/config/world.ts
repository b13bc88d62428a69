import { ConfigError } from '../../src/config/error.ts';
import type { Files } from '../../src/config/files.ts';
import type { AgentOptions } from '../../src/config/setting.ts';
import { parseConfig, type Config, type ParseInput } from '../../src/config/parse.ts';

/** An agent with an option of every type. */
export const sample: AgentOptions = {
  name: 'sample',
  summary: 'One of each',
  options: {
    text: { type: 'string', describe: 'A text' },
    count: { type: 'number', default: 5, min: 1, max: 10, describe: 'A number' },
    toggle: { type: 'boolean', default: false, describe: 'A switch' },
    names: { type: 'list', default: ['a', 'b'], describe: 'Names' },
    rules: {
      type: 'data',
      describe: 'Rules',
      check: (value) => (Array.isArray(value) ? undefined : 'has to be a list'),
    },
    key: { type: 'secret', literals: ['SAMPLE_KEY'], describe: 'File with the key' },
    'dest-path': { type: 'directory', describe: 'Directory for the links' },
    'config-path': { type: 'file', describe: 'File to write' },
    layout: { type: 'string', choices: ['one', 'Many'], default: 'one', describe: 'How many files' },
    old: { type: 'string', aliases: ['older-name'], deprecated: 'use --sample-text', describe: 'A text' },
  },
};

/** A disk of files by path; a path that ends in a slash is a directory. */
export function disk(content: Readonly<Record<string, string>>): Files {
  return {
    read(path) {
      const text = content[path];
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return text;
    },
    kind: (path) => (`${path}/` in content ? 'directory' : path in content ? 'other' : 'missing'),
    absolute: (path) => (path.startsWith('/') ? path : `/work/${path}`),
  };
}

type Given = Partial<Omit<ParseInput, 'argv' | 'files'>> & { argv?: string; files?: Readonly<Record<string, string>> };

/** Reads a configuration, with the sample agent enabled and the node named by variables. The flags are one text, split at blanks. */
export function read({ argv = '', files = {}, env = {}, ...rest }: Given = {}): Config {
  return parseConfig({
    agents: [sample],
    ...rest,
    argv: argv.split(' ').filter((word) => word !== ''),
    env: { WATCHER_AGENTS: 'sample', NODE_NAME: 'node-1', ...env },
    files: disk(files),
  });
}

export function problemsOf(given: Given): readonly string[] {
  try {
    read(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
