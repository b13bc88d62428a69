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
