import { posix } from 'node:path';
import { crc32 } from 'node:zlib';
import { defineAgent, type Output } from '../src/agent/agent.ts';
import { toJson } from '../src/agent/json.ts';
import { labelName } from '../src/agent/labels.ts';
import { firstBytes, segment } from '../src/agent/path.ts';
import type { Node, Target } from '../src/agent/target.ts';

/** Loki's own limit (`max_label_value_length`). */
const VALUE_BYTES = 2048;

export default defineAgent({
  name: 'loki',
  summary: 'Promtail and Grafana Alloy: one target file a container, read without a reload',
  options: {
    'dest-path': { type: 'directory', required: true, describe: 'Directory for the target files' },
    labels: {
      type: 'list',
      default: [],
      describe: 'Keys of pod labels to add, their names made legal; * adds all',
    },
    'max-labels': {
      type: 'number',
      min: 0,
      default: 13,
      describe: "Most labels of a target; Loki's own limit is 15, of which the shipper adds filename and stream",
    },
  },

  render({ targets, node, options, report }) {
    return targets.map((target): Output => {
      const { format, path } = target.log;
      const wanted = labelsOf(target, node, options.labels);
      const labels = wanted.slice(0, options['max-labels']);
      const left = wanted.slice(labels.length).map(([name]) => name);
      if (left.length > 0) report(target, `labels beyond --loki-max-labels are left out: ${left.join(', ')}`);
      const content = [
        { targets: ['localhost'], labels: { __path__: escapeGlob(path), format, ...Object.fromEntries(labels) } },
      ];
      return {
        kind: 'file',
        path: posix.join(options['dest-path'], `${segment(target.id)}.${format}.json`),
        content: `${toJson(content, 2)}\n`,
      };
    });
  },
});

/** Name and value of all labels, without the empty ones; the pod's own come last and never replace ours. */
function labelsOf(target: Target, node: Node, keys: readonly string[]): [string, string][] {
  const own: [string, string][] = [
    ['namespace', target.pod.namespace],
    ['pod', target.pod.name],
    ['container', target.container.name],
    ['application', target.application],
    ['component', target.component],
    ['version', target.version],
    ['environment', target.environment],
    ['release', target.release],
    ['node', node.name],
    ['cluster', node.cluster.id],
  ];
  const taken = new Set(['format', 'filename', 'stream', ...own.map(([name]) => name)]);
  return [...own, ...podLabels(target, keys, taken)]
    .map(([name, value]): [string, string] => [name, firstBytes(value, VALUE_BYTES)])
    .filter(([, value]) => value !== '');
}

/** The wanted labels of the pod. Of two keys that give one name, the later in order gets a hash of its key behind it. */
function podLabels({ pod }: Target, wanted: readonly string[], reserved: ReadonlySet<string>): [string, string][] {
  const all = wanted.includes('*');
  const same = new Set(['application', 'component', 'version', 'environment', 'release']);
  const keys = Object.keys(pod.labels).filter((key) => (all ? !same.has(key) : wanted.includes(key)));
  const taken = new Set(reserved);
  // A key that is a legal name as it stands keeps it, whatever else maps to it.
  const legalFirst = keys.sort((a, b) => Number(labelName(b) === b) - Number(labelName(a) === a) || (a < b ? -1 : 1));
  const named = legalFirst.map((key): [string, string] => {
    const plain = reserved.has(labelName(key)) ? `label_${labelName(key)}` : labelName(key);
    let name = taken.has(plain) ? `${plain}_${crc32(key.toWellFormed()).toString(16)}` : plain;
    while (taken.has(name)) name += '_';
    taken.add(name);
    return [name, pod.labels[key] ?? ''];
  });
  return named.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Promtail and Alloy take `__path__` for a doublestar pattern, in which a backslash makes the next one itself (tried: 1.3, 4.10). */
function escapeGlob(path: string): string {
  return path.replace(/[*?[\]{}\\]/g, String.raw`\$&`);
}
