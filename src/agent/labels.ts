import { crc32 } from 'node:zlib';
import type { Node, Target } from './target.ts';

/**
 * A label key as a name that Prometheus, Loki and their agents take: letters, digits and `_`, not starting with a digit
 * or with `__`, which is theirs.
 */
export function labelName(key: string): string {
  const name = key
    .replace(/[^a-zA-Z0-9_]/g, '_')
    .replace(/^_+/, '')
    .slice(0, 200);
  return /^[a-zA-Z]/.test(name) ? name : `label_${name}`;
}

/**
 * The wanted labels of a pod (`*`: all but those that are ours by the same name) as names and values, in order of the
 * names. None gets a reserved name. Of two keys that give one name, the later in order gets a hash of its key behind it.
 */
export function podLabels(
  labels: Readonly<Record<string, string>>,
  wanted: readonly string[],
  reserved: ReadonlySet<string>,
): [name: string, value: string][] {
  const all = wanted.includes('*');
  const same = new Set(['application', 'component', 'version', 'environment', 'release']);
  const keys = Object.keys(labels).filter((key) => (all ? !same.has(key) : wanted.includes(key)));
  const taken = new Set(reserved);
  // A key that is a legal name as it stands keeps it, whatever else maps to it.
  const legalFirst = keys.sort((a, b) => Number(labelName(b) === b) - Number(labelName(a) === a) || (a < b ? -1 : 1));
  const named = legalFirst.map((key): [string, string] => {
    const plain = reserved.has(labelName(key)) ? `label_${labelName(key)}` : labelName(key);
    let name = taken.has(plain) ? `${plain}_${crc32(key.toWellFormed()).toString(16)}` : plain;
    while (taken.has(name)) name += '_';
    taken.add(name);
    return [name, labels[key] ?? ''];
  });
  return named.sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The labels that an agent's option names: of the pod (`KEY`, `*`), of its namespace (`namespace:KEY`, `namespace:*`) and
 * of the node (`node:KEY`, `node:*`). No label of the pod gets the name of one of the others that is asked for by its key.
 */
export function wantedLabels(
  { pod }: Pick<Target, 'pod'>,
  node: Pick<Node, 'labels'>,
  wanted: readonly string[],
  reserved: ReadonlySet<string>,
): [name: string, value: string][] {
  const around = [...under('namespace', pod.namespaceLabels), ...under('node', node.labels)];
  const chosen = around.filter(({ key, all }) => wanted.includes(key) || wanted.includes(all)).map(({ key }) => key);
  const values = Object.fromEntries(around.map(({ key, value }) => [key, value]));
  const others = podLabels(values, chosen, reserved);
  const named = wanted.filter((key) => /^(namespace|node):/.test(key)).map(labelName);
  const taken = new Set([...reserved, ...others.map(([name]) => name), ...named]);
  return [...others, ...podLabels(pod.labels, wanted, taken)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function under(place: string, labels: Readonly<Record<string, string>>) {
  return Object.entries(labels).map(([key, value]) => ({ key: `${place}:${key}`, all: `${place}:*`, value }));
}
