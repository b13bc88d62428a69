import { posix } from 'node:path';
import { defineAgent, type Output } from '../src/agent/agent.ts';
import { toJson } from '../src/agent/json.ts';
import { segment } from '../src/agent/path.ts';
import type { Node, Target } from '../src/agent/target.ts';
import { logEntry } from './scalyr/entry.ts';
import { journal } from './scalyr/journal.ts';
import { checkSamplingRules, type SamplingRule } from './scalyr/sampling.ts';

/** Raises the limits of the Scalyr agent to what a busy node needs, and switches off what nobody asked for. */
const tuning = {
  max_log_offset_size: 536_870_912,
  max_existing_log_offset_size: 536_870_912,
  max_allowed_request_size: 5_500_000,
  min_request_spacing_interval: 0.5,
  max_request_spacing_interval: 1,
  pipeline_threshold: 0.1,
  compression_type: 'deflate',
  compression_level: 6,
  max_line_size: 49_900,
  read_page_size: 131_072,
  implicit_metric_monitor: false,
  implicit_agent_process_metrics_monitor: false,
  include_raw_timestamp_field: false,
};

const checkMap = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'has to be a mapping';

export default defineAgent({
  name: 'scalyr',
  summary: "The Scalyr agent 2: one link a container and the agent's configuration",
  options: {
    'api-key-file': {
      type: 'secret',
      required: true,
      literals: ['WATCHER_SCALYR_API_KEY'],
      describe: 'File with the key that may write logs',
    },
    'dest-path': { type: 'directory', required: true, describe: 'Directory for the links to the logs' },
    'config-path': {
      type: 'file',
      default: '/etc/scalyr-agent-2/agent.json',
      describe: "The Scalyr agent's configuration file",
    },
    layout: {
      type: 'string',
      choices: ['agent.json', 'agent.d'],
      default: 'agent.json',
      describe:
        'Where the logs stand: all in the configuration file and read through links, or each in a file of its own ' +
        'in agent.d beside it and read where it is',
    },
    server: { type: 'string', describe: 'The server to send to, if not the default one' },
    'enable-profiling': { type: 'boolean', default: false, describe: 'Switches on the profiling of the Scalyr agent' },
    'parse-lines-json': {
      type: 'list',
      default: [],
      describe: "Parsers whose lines are taken out of Docker's JSON; foo=bar also renames foo to bar, * means all",
    },
    'sampling-rules': {
      type: 'data',
      check: checkSamplingRules,
      describe:
        "Rules that stand in for the pods' own sampling annotations: application, component, probability, value",
    },
    journald: { type: 'boolean', default: false, describe: 'Ships the journal of the node too' },
    'journald-attributes': { type: 'data', check: checkMap, describe: 'Attributes of the journal, a mapping' },
    'journald-extra-fields': {
      type: 'data',
      check: checkMap,
      describe:
        "Fields of the journal and the attributes they become, a mapping; replaces the Scalyr agent's own choice",
    },
    'journald-path': { type: 'string', describe: 'Directory of the journal' },
    'journald-write-rate': {
      type: 'number',
      min: 0,
      default: 10_000,
      describe: 'Bytes a second of the journal monitor',
    },
    'journald-write-burst': {
      type: 'number',
      min: 0,
      default: 200_000,
      describe: 'Bytes at once of the journal monitor',
    },
  },

  // Its line groupers see the runtime's lines, not the container's, and so can't join what the hint means.
  hints: ['parser', 'sampling', 'redaction', 'attributes'],

  directories: (options) => (options.layout === 'agent.d' ? [fragments(options['config-path'])] : []),

  render({ targets, node, options, seenByShipper, report }) {
    const serverAttributes = attributesOf(node);
    const policy = {
      serverAttributes,
      parseLines: parseLines(options['parse-lines-json']),
      samplingRules: (options['sampling-rules'] ?? []) as readonly SamplingRule[],
    };
    const entry = (target: Target, path: string) => logEntry(target, path, policy, (why) => report(target, why));
    const config = (logs: unknown[]): Output => ({
      kind: 'file',
      path: options['config-path'],
      mode: 0o600,
      content: `${toJson(
        {
          api_key: options['api-key-file'],
          ...(options.server && { scalyr_server: options.server }),
          ...(options['enable-profiling'] && { enable_profiling: true }),
          ...tuning,
          server_attributes: serverAttributes,
          logs,
          ...(options.journald ? journal(options) : { monitors: [], journald_logs: [] }),
        },
        2,
      )}\n`,
    });

    if (options.layout === 'agent.d') {
      const directory = fragments(options['config-path']);
      const logs = targets.map((target): Output => {
        const content = `${toJson({ logs: [entry(target, escapeGlob(target.log.path))] }, 2)}\n`;
        return { kind: 'file', path: posix.join(directory, `${segment(target.id)}.json`), mode: 0o600, content };
      });
      return [config([]), ...logs];
    }
    const links = targets.map((target) => ({ target, path: linkPath(options['dest-path'], target) }));
    return [
      config(links.map(({ target, path }) => entry(target, seenByShipper(path)))),
      ...links.map(({ target, path }): Output => ({ kind: 'link', path, to: target.log.path })),
    ];
  },
});

function fragments(configPath: string): string {
  return posix.join(posix.dirname(configPath), 'agent.d');
}

/** DEST/id/application-version.log; what the Scalyr agent would take for a pattern is replaced. */
function linkPath(directory: string, { id, application, version, pod }: Target): string {
  const name = `${application || pod.name || 'none'}-${version || 'none'}`.replace(/[*?[\]]/g, '_');
  return posix.join(directory, segment(id), `${segment(name)}.log`);
}

/** The Scalyr agent takes paths for patterns of Python's `glob`, in which a bracketed character is itself. */
function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

function parseLines(list: readonly string[]): Map<string, string | undefined> {
  return new Map(
    list.map((item) => {
      const equals = item.indexOf('=');
      return equals < 0 ? [item, undefined] : [item.slice(0, equals).trim(), item.slice(equals + 1).trim()];
    }),
  );
}

function attributesOf({ name, cluster }: Node): Record<string, string> {
  const { id, alias, environment } = cluster;
  return {
    ...(id && { cluster: id }),
    cluster_alias: alias || 'none',
    ...(environment && { cluster_environment: environment, environment }),
    node: name || 'unknown',
    parser: 'json',
    ...(id && { serverHost: id }),
  };
}
