import { posix } from 'node:path';
import { defineAgent, type Output } from '../src/agent/agent.ts';
import { toJson } from '../src/agent/json.ts';
import { wantedLabels } from '../src/agent/labels.ts';
import { escapeGlob, firstBytes, segment } from '../src/agent/path.ts';
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
      describe: 'Keys of pod labels to add, their names made legal; * adds all; namespace:KEY and node:KEY add others',
    },
    'max-labels': {
      type: 'number',
      min: 0,
      default: 13,
      describe: "Most labels of a target; Loki's own limit is 15, of which the shipper adds filename and stream",
    },
  },

  hints: ['tenant', 'attributes'],

  render({ targets, node, options, report }) {
    return targets.map((target): Output => {
      const { format, path } = target.log;
      const wanted = labelsOf(target, node, options.labels);
      const labels = wanted.slice(0, options['max-labels']);
      const left = wanted.slice(labels.length).map(([name]) => name);
      if (left.length > 0) report(target, `labels beyond --loki-max-labels are left out: ${left.join(', ')}`);
      // Neither `format` nor `tenant` reaches Loki: the shipper's stages take them off.
      const { tenant } = target.hints;
      // Promtail and Alloy take `__path__` for a doublestar pattern (tried: 1.3, 4.10).
      const ofShipper = { __path__: escapeGlob(path), format, ...(tenant !== undefined && { tenant }) };
      const content = [{ targets: ['localhost'], labels: { ...ofShipper, ...Object.fromEntries(labels) } }];
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
  const taken = new Set(['format', 'tenant', 'filename', 'stream', ...own.map(([name]) => name)]);
  const ofPod = wantedLabels(target, node, keys, taken);
  const names = new Set([...taken, ...ofPod.map(([name]) => name)]);
  const attributes = Object.entries(target.hints.attributes)
    .filter(([name]) => !names.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [...own, ...ofPod, ...attributes]
    .map(([name, value]): [string, string] => [name, firstBytes(value, VALUE_BYTES)])
    .filter(([, value]) => value !== '');
}
