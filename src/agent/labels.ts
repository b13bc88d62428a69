import { crc32 } from 'node:zlib';

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
