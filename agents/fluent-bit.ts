import { posix } from 'node:path';
import { defineAgent, type Output } from '../src/agent/agent.ts';
import { attributesOf } from '../src/agent/attributes.ts';
import { escapeGlob, segment } from '../src/agent/path.ts';
import type { Target } from '../src/agent/target.ts';

const matching = (pattern: RegExp, why: string) => (value: unknown) =>
  typeof value === 'string' && pattern.test(value) ? undefined : why;

export default defineAgent({
  contract: 1,
  name: 'fluent-bit',
  summary: 'Fluent Bit: an input for each container in a file of its own, taken in by a hot reload',
  options: {
    'dest-path': {
      type: 'directory',
      required: true,
      describe: "Directory for the inputs and containers.yaml, which Fluent Bit's own configuration includes",
    },
    'db-path': {
      type: 'string',
      default: '/var/lib/fluent-bit',
      check: matching(/^\/[^$]*$/, 'has to be an absolute path without a dollar'),
      describe: 'Directory for the read positions as Fluent Bit sees it; it has to exist, or Fluent Bit ends',
    },
    labels: { type: 'list', default: [], describe: 'Keys of pod labels to add, their names made legal; * adds all' },
    parsers: {
      type: 'list',
      default: [],
      describe: "Parsers of Fluent Bit's own configuration that a hint may name; one that it doesn't have ends it",
    },
    'reload-url': {
      type: 'string',
      default: 'http://127.0.0.1:2020/api/v2/reload',
      check: matching(/^(https?:\/\/.+)?$/, 'has to be an http address'),
      describe: 'Address at which Fluent Bit is told to reload; empty for none',
    },
    program: {
      type: 'string',
      describe: 'Fluent Bit as the watcher can run it, to check each change before it is made',
    },
  },
  hints: ['parser', 'multiline-start', 'tenant', 'attributes'],

  render({ targets, node, options, fill, report }) {
    const file = (path: string, content: string): Output => ({
      kind: 'file',
      path: posix.join(options['dest-path'], path),
      content,
    });
    const inputs = targets.map((target) => {
      const { hints, log, id } = target;
      const name = id.replace(/[^a-zA-Z0-9_-]/g, '_');
      const { parser, tenant, multilineStart } = hints;
      const isKnown = parser !== undefined && options.parsers.includes(parser);
      if (parser !== undefined && !isKnown)
        report(
          target,
          `the parser ${JSON.stringify(parser)} is not one of --fluent-bit-parsers; it is only an attribute`,
        );
      const content = fill('container.fluentbit', {
        name,
        log: { ...log, path: pathPattern(target) },
        db: posix.join(options['db-path'], `${segment(name)}.db`),
        attributes: {
          ...attributesOf(target, node, options.labels),
          ...(tenant && { tenant }),
          ...(parser && { parser }),
        },
        parser: isKnown ? parser : '',
        start: multilineStart === undefined ? '' : regex(multilineStart),
      });
      return file(`conf.d/container-${segment(id)}.yaml`, content);
    });
    return [
      file('containers.yaml', fill('containers.yaml', {})),
      // Without any file below conf.d Fluent Bit refuses its configuration.
      file('conf.d/none.yaml', fill('none.yaml', {})),
      ...inputs,
    ];
  },

  reload({ 'reload-url': url }) {
    if (!url) return undefined;
    // It answers "done" to what it has rejected, too.
    return { kind: 'http', method: 'POST', url, body: '{}', confirm: { url, field: 'hot_reload_count' } };
  },

  check({ program, 'dest-path': directory }) {
    if (!program) return undefined;
    return { command: [program, '--dry-run', '-c', `{staged}${posix.join(directory, 'containers.yaml')}`] };
  },
});

/** The log and its rotated siblings. A comma would begin another pattern, and nothing escapes it, so any sign may stand there. */
function pathPattern({ log }: Target): string {
  return `${escapeGlob(log.path).replaceAll(',', '?')}*`;
}

/** The same expression without what Fluent Bit would expand; a `${` can only stand in a class. */
function regex(pattern: string): string {
  return pattern.replaceAll('${', '$\\{');
}
