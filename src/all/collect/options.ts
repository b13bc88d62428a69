import { files } from '../../config/files.ts';
import type { OptionTable, Values } from '../../config/option.ts';
import { why } from '../../config/why.ts';

const usualRoot = '/var/log/containers';

/** What `serve` takes beside its own options, to collect what it keeps. */
export const collectOptions = {
  collect: { type: 'boolean', default: false, describe: 'Collects the lines of log files too, in the same process' },
  'log-collector': {
    type: 'string',
    default: 'Kubernetes',
    choices: ['Directory', 'Kubernetes'],
    variables: ['LOG_COLLECTOR'],
    describe: "With --collect: all files of a directory, or a node's containers with the labels of their pods",
  },
  'root-path': {
    type: 'string',
    variables: ['ROOT_PATH'],
    describe: `The directory to collect from; required with Directory, ${usualRoot} with Kubernetes`,
  },
} as const satisfies OptionTable;

export type CollectValues = Values<typeof collectOptions>;

/** As it was given: what is found is told by it. */
export const rootOf = (values: CollectValues) => values['root-path'] ?? usualRoot;

export function collectProblems(values: CollectValues): string[] {
  if (!values.collect) return [];
  const name = '`--root-path` (ROOT_PATH)';
  if (values['log-collector'] === 'Directory' && values['root-path'] === undefined)
    return [`${name} is required with \`--log-collector Directory\`: the directory to collect from.`];
  const root = rootOf(values);
  try {
    if (files.kind(root) === 'directory') return [];
  } catch (error) {
    return [`${name} is ${JSON.stringify(root)}, which can't be looked at: ${why(error)}.`];
  }
  return [`${name} is ${JSON.stringify(root)}; it has to be a directory that exists.`];
}
