import { posix } from 'node:path';
import { defineAgent, type Output } from '../src/agent/agent.ts';
import { attributesOf } from '../src/agent/attributes.ts';
import { escapeGlob, segment } from '../src/agent/path.ts';

const matching = (pattern: RegExp, why: string) => (value: unknown) =>
  typeof value === 'string' && pattern.test(value) ? undefined : why;

export default defineAgent({
  contract: 1,
  name: 'fluentd',
  summary: 'Fluentd: a source and a label for each container in a file of its own, taken in by a graceful reload',
  options: {
    'dest-path': {
      type: 'directory',
      required: true,
      describe: "Directory for the files, whose *.conf Fluentd's own configuration includes",
    },
    'pos-path': {
      type: 'string',
      default: '/var/lib/fluentd',
      check: matching(/^\/[\w./-]*$/, 'has to be an absolute path of letters, digits, dots, dashes and _'),
      describe: 'Directory for the read positions as Fluentd sees it',
    },
    label: {
      type: 'string',
      default: '@CONTAINERS',
      check: matching(/^@[a-zA-Z][\w.-]*$/, 'has to be @ and a name'),
      describe: 'The label of your own configuration to which all lines go',
    },
    labels: { type: 'list', default: [], describe: 'Keys of pod labels to add, their names made legal; * adds all' },
    parsers: {
      type: 'list',
      default: ['json'],
      describe: 'Parsers that need no parameter and that a hint may name; one that Fluentd lacks fails each reload',
    },
    concat: {
      type: 'boolean',
      default: false,
      describe:
        'Fluentd has fluent-plugin-concat: parts of long lines, and lines by the hint multiline-start, are joined',
    },
    'reload-url': {
      type: 'string',
      default: 'http://127.0.0.1:24444/api/config.gracefulReload',
      check: matching(/^(https?:\/\/.+)?$/, 'has to be an http address'),
      describe: 'Address at which Fluentd is told to reload; empty for none',
    },
    program: {
      type: 'string',
      describe: 'Fluentd as the watcher can run it, to check each change before it is made',
    },
  },
  hints: ['parser', 'multiline-start', 'tenant', 'attributes'],

  render({ targets, node, options, fill, report }) {
    const { 'dest-path': directory, labels, parsers, concat, label } = options;
    const file = (path: string, content: string): Output => ({
      kind: 'file',
      path: posix.join(directory, path),
      content,
    });
    const files = targets.map((target) => {
      const { hints, log, id } = target;
      const { parser, tenant, multilineStart } = hints;
      const name = id.replace(/[^a-zA-Z0-9_-]|_(?=_)/g, '-');
      if (multilineStart !== undefined && !concat)
        report(target, 'multiline-start is left out: it needs fluent-plugin-concat, told by --fluentd-concat');
      const own = `@container-${name}`;
      const path = pathPattern(log.path);
      const content = fill('container.fluentd', {
        name: `container-${name}`,
        tag: `container.${name}`,
        log: { ...log, path: `${path}*`, exclude: [`${path}*.gz`, `${path}*.tmp`] },
        pos: posix.join(options['pos-path'], `${segment(name)}.pos`),
        labels: { first: concat ? `@lines-${name}` : own, own, last: label },
        attributes: {
          ...attributesOf(target, node, labels),
          ...(tenant && { tenant }),
          ...(parser && { parser }),
        },
        parser: parser !== undefined && parsers.includes(parser) ? parser : '',
        concat,
        start: concat && multilineStart !== undefined ? `/${expression(multilineStart)}/` : '',
      });
      return file(`container-${segment(id)}.conf`, content);
    });
    // A label of one's own would be missing where only what we have written is checked.
    return options.program ? [file('check.include', fill('check.fluentd', { label })), ...files] : files;
  },

  reload({ 'reload-url': url }) {
    return url ? { kind: 'http', method: 'GET', url, expect: { field: 'ok', is: true } } : undefined;
  },

  check({ program, 'dest-path': directory }) {
    if (!program) return undefined;
    const file = `{staged}${posix.join(directory, 'check.include')}`;
    return { command: [program, '--dry-run', '-c', file], timeout: 30 };
  },
});

/**
 * The log and its rotated siblings as a pattern, to which `*` is still to be added. What would divide or expand a path
 * (`,`, `%Y`, `${tag}`, `__TAG__`) can't be escaped, but for the percent sign, so any sign may stand there.
 */
function pathPattern(path: string): string {
  return escapeGlob(path)
    .replaceAll('%', '%%')
    .replace(/,|_(?=_)/g, '?');
}

/** The same expression without `${` and `__X__`, which are broken up wherever they stand. */
function expression(pattern: string): string {
  return pattern.replaceAll('${', '$\\{').replace(/\\[^]|_(?=_)/g, (part) => (/^\\?_$/.test(part) ? '\\x5f' : part));
}
