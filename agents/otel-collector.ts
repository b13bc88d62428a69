import { defineAgent } from '../src/agent/agent.ts';
import { toYamlJson } from '../src/agent/format.ts';
import { escapeGlob } from '../src/agent/path.ts';
import type { Target } from '../src/agent/target.ts';
import { operators } from './otel-collector/operators.ts';
import { resource } from './otel-collector/resource.ts';
import { literal } from './otel-collector/literal.ts';

/** One that is never there: a pipeline without a receiver is an error to the collector. */
const nothing = '/nonexistent/kube-log-watcher.log';

const matching = (pattern: RegExp, why: string) => (value: unknown) =>
  typeof value === 'string' && pattern.test(value) ? undefined : why;

export default defineAgent({
  contract: 1,
  name: 'otel-collector',
  summary: 'OpenTelemetry Collector: one file with a receiver for each container, given beside your own configuration',
  options: {
    'config-path': {
      type: 'file',
      required: true,
      describe: 'The file with the receivers, which the collector gets as its last --config',
    },
    pipeline: {
      type: 'string',
      default: 'logs/containers',
      check: matching(/^logs(\/[\w.-]+)?$/, 'has to be logs, or logs/ and a name'),
      describe: 'The pipeline whose receivers these are; your own configuration has its processors and exporters',
    },
    receiver: {
      type: 'string',
      choices: ['filelog', 'file_log'],
      default: 'filelog',
      describe: 'Type of the receivers; newer collectors call it file_log and know both',
    },
    storage: {
      type: 'string',
      default: 'file_storage',
      check: matching(/^([\w.-]+(\/[\w.-]+)?)?$/, 'has to be the name of an extension'),
      describe: 'Storage extension that keeps the read positions over a reload; nothing for none',
    },
    labels: { type: 'list', default: [], describe: 'Keys of pod labels to add, their names made legal; * adds all' },
    process: {
      type: 'string',
      default: 'otelcol-contrib',
      describe: 'Program that gets a SIGHUP, in a PID namespace shared with it; nothing for none',
    },
    'health-url': {
      type: 'string',
      check: matching(/^(https?:\/\/.+)?$/, 'has to be an http address'),
      describe: "Address of the collector's health_check extension, asked whether a reload has happened",
    },
    program: {
      type: 'string',
      describe: 'The collector as the watcher can run it, to check each change before it is made',
    },
    'static-config': { type: 'string', describe: 'Your own configuration file, for that check' },
  },
  hints: ['parser', 'multiline-start', 'sampling', 'redaction', 'tenant', 'attributes'],

  render({ targets, node, options }) {
    const id = (target: Target) => `${options.receiver}/${target.id}`;
    const receiver = (target: Target) => ({
      include: [`${escapeGlob(target.log.path)}*`],
      exclude: ['gz', 'tmp'].map((end) => `${escapeGlob(target.log.path)}*.${end}`),
      start_at: 'beginning',
      // By this the container operator tells the parts of cut lines apart, and warns at each line without it.
      include_file_path: true,
      ...(options.storage && { storage: options.storage }),
      resource: resource(target, node, options.labels),
      operators: operators(target),
    });
    const receivers = targets.map((target) => [id(target), receiver(target)] as const);
    if (receivers.length === 0) return [file({ [`${options.receiver}/none`]: { include: [nothing] } })];
    return [file(Object.fromEntries(receivers))];

    function file(receivers: Readonly<Record<string, object>>) {
      const service = { pipelines: { [options.pipeline]: { receivers: Object.keys(receivers) } } };
      const content = `${toYamlJson(literal({ receivers, service }), 2)}\n`;
      return { kind: 'file', path: options['config-path'], content } as const;
    }
  },

  reload(options) {
    const { process, 'health-url': url } = options;
    if (!process) return undefined;
    return { kind: 'signal', signal: 'SIGHUP', process, ...(url && { confirm: { url, field: 'upSince' } }) };
  },

  check(options) {
    const { program, 'static-config': own, 'config-path': path } = options;
    if (!program) return undefined;
    const configs = [...(own ? [own] : []), `{staged}${path}`].map((config) => `--config=${config}`);
    return { command: [program, 'validate', ...configs], timeout: 30 };
  },
});
