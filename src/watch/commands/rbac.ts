import { stringify } from 'yaml';
import type { Command } from '../../config/command.ts';
import { ConfigError } from '../../config/error.ts';
import { features, roles, type FeatureName } from '../../kubernetes/rbac.ts';

interface Flags {
  features?: readonly string[];
  name: string;
  namespace: string;
  list: boolean;
}

/** `kube-log-watcher rbac`: the roles that the program needs in the cluster. */
export default {
  usage: 'rbac [features..]',
  summary: 'Prints the roles that features need in the cluster; without any, that of pods',
  options: {},
  flags: (yargs) =>
    yargs
      .positional('features', { type: 'string', array: true, describe: Object.keys(features).join(', ') })
      .option('name', {
        type: 'string',
        default: 'kube-log-watcher',
        describe: 'Name of the service account, and the beginning of the names of roles',
      })
      .option('namespace', { type: 'string', default: 'logging', describe: 'Namespace of the service account' })
      .option('list', { type: 'boolean', default: false, describe: 'Lists the features instead' }),
  run({ stdout }, { features: given = [], name, namespace, list }) {
    if (list) {
      for (const [feature, { summary }] of Object.entries(features)) stdout.write(`${feature}: ${summary}.\n`);
      return Promise.resolve(0);
    }
    const known = (word: string): word is FeatureName => Object.hasOwn(features, word);
    const names = given.length === 0 ? ['pods'] : [...new Set(given)];
    const wrong = names.filter((word) => !known(word));
    const all = Object.keys(features).join(', ');
    if (wrong.length > 0) throw new ConfigError(wrong.map((word) => `"${word}" is no feature; there are ${all}.`));
    const objects = roles(names.filter(known), { name, namespace });
    stdout.write(objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'));
    return Promise.resolve(0);
  },
} satisfies Command<Flags>;
