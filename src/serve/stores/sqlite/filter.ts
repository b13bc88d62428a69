import { textTest } from '../../query/condition.ts';
import type { TextFilter } from '../../store.ts';
import type { Filter } from './lines.ts';

/** All of them hold. */
export function filterOf(filters: readonly TextFilter[]): Filter {
  const tests = filters.map(textTest);
  const [longest] = filters
    .map(({ op, value }) => (op === '|=' ? value : op === '|~' ? literalOf(value) : ''))
    .filter((text) => text !== '')
    .map((text) => Buffer.from(text))
    .toSorted((a, b) => b.length - a.length);
  return { texts: true, needle: longest, holds: (log) => tests.every((test) => test(log)) };
}

/** A text that is in all that matches the pattern; empty if none is found, as for all but the simplest patterns. */
export function literalOf(pattern: string): string {
  if (!/^(?:[\w \-:=,;@#%&<>'"/!~]|\.[*+]?|\^|\$)*$/.test(pattern)) return '';
  const [longest = ''] = pattern.split(/\.[*+]?|\^|\$/).toSorted((a, b) => b.length - a.length);
  return longest;
}

/** Of all lines nothing but where they are and how long. */
export const bare: Filter = { texts: false, needle: undefined, holds: () => true };
export const anything: Filter = { texts: true, needle: undefined, holds: () => true };
