import { posix } from 'node:path';
import { defineAgent, type Output } from '../src/agent/agent.ts';
import { attributesOf } from '../src/agent/attributes.ts';
import { toJson } from '../src/agent/json.ts';
import { segment } from '../src/agent/path.ts';
import type { Node, Target } from '../src/agent/target.ts';

const isPath = (value: unknown) =>
  typeof value === 'string' && (value === '' || value.startsWith('/')) ? undefined : 'has to be an absolute path';

export default defineAgent({
  contract: 1,
  name: 'rsyslog',
  summary: 'rsyslog: links to the logs and a lookup table of what they are; its configuration never changes',
  options: {
    'dest-path': { type: 'directory', required: true, describe: 'Directory for the links and the table' },
    labels: { type: 'list', default: [], describe: 'Keys of pod labels to add, their names made legal; * adds all' },
    process: {
      type: 'string',
      default: 'rsyslogd',
      describe: 'Program that gets a SIGHUP, in a PID namespace shared with it; nothing for none',
    },
    'pid-file': { type: 'string', check: isPath, describe: "rsyslog's pid file, instead of the program's name" },
  },
  hints: ['parser', 'tenant', 'attributes'],

  render({ targets, node, options, seenByShipper }) {
    const links = targets.map((target) => ({ target, path: linkPath(options['dest-path'], target) }));
    const table = links.map(({ target, path }) => ({
      index: seenByShipper(path),
      value: toJson(entry(target, node, options.labels)),
    }));
    return [
      {
        kind: 'file',
        path: posix.join(options['dest-path'], 'containers.json'),
        content: `${toJson({ version: 1, nomatch: '', type: 'string', table }, 2)}\n`,
      },
      ...links.map(({ target, path }): Output => ({ kind: 'link', path, to: target.log.path })),
    ];
  },

  reload(options) {
    const whom = options['pid-file'] ? { pidFile: options['pid-file'] } : { process: options.process };
    return whom.pidFile || whom.process ? { kind: 'signal', signal: 'SIGHUP', ...whom } : undefined;
  },
});

/** The static configuration takes the format from the end of the name. */
function linkPath(directory: string, { id, log }: Target): string {
  return posix.join(directory, `${segment(id)}.${log.format}.log`);
}

/** JSON text in a JSON table: what the static configuration parses, once for each line, into `$!k8s`. */
function entry(target: Target, node: Node, labels: readonly string[]) {
  const { parser, tenant } = target.hints;
  return { attributes: attributesOf(target, node, labels), ...(parser && { parser }), ...(tenant && { tenant }) };
}
