/** One requirement on labels, as kubectl writes it: `app=web`, `app!=web`, `app`, `!app`. */
export interface Selector {
  text: string;
  key: string;
  value?: string;
  negated: boolean;
}

/** Parses one requirement; every text is one, since a key alone is. */
export function parseSelector(text: string): Selector {
  const [, key = '', operator, value = ''] = /^([^=!]+?)\s*(!=|==?)\s*(.*)$/.exec(text) ?? [];
  if (operator) return { text, key, value, negated: operator === '!=' };
  const negated = text.startsWith('!');
  return { text, key: negated ? text.slice(1).trim() : text, negated };
}

/** As in Kubernetes, `app!=web` is true for labels without `app`. */
export function matches(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  const actual = Object.hasOwn(labels, selector.key) ? labels[selector.key] : undefined;
  const holds = selector.value === undefined ? actual !== undefined : actual === selector.value;
  return holds !== selector.negated;
}

/** A name pattern in which `*` stands for any text. */
export function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`, 's');
}
