import { posix } from 'node:path';
import { defineAgent, type Output } from '../src/agent/agent.ts';
import { attributesOf } from '../src/agent/attributes.ts';
import { segment } from '../src/agent/path.ts';
import type { Target } from '../src/agent/target.ts';

export default defineAgent({
  contract: 1,
  name: 'vector',
  summary: 'Vector: links to the logs and an enrichment table of what they are; its configuration never changes',
  options: {
    'dest-path': { type: 'directory', required: true, describe: 'Directory for the links and the table' },
    labels: { type: 'list', default: [], describe: 'Keys of pod labels to add, their names made legal; * adds all' },
  },
  hints: ['parser', 'tenant', 'attributes'],

  render({ targets, node, options, fill, seenByShipper }) {
    const directory = options['dest-path'];
    const links = targets.map((target) => ({ target, path: linkPath(directory, target) }));
    const rows = links.map(({ target, path }) => ({
      file: seenByShipper(path),
      attributes: attributesOf(target, node, options.labels),
      parser: target.hints.parser ?? '',
      tenant: target.hints.tenant ?? '',
    }));
    return [
      { kind: 'file', path: posix.join(directory, 'containers.csv'), content: fill('containers.csv', { rows }) },
      ...links.map(({ target, path }): Output => ({ kind: 'link', path, to: target.log.path })),
    ];
  },
});

/** The static configuration takes the format from the end of the name. */
function linkPath(directory: string, { id, log }: Target): string {
  return posix.join(directory, `${segment(id)}.${log.format}.log`);
}
