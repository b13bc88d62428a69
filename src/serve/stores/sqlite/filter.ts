import { textTest } from '../../condition.ts';
import type { TextFilter } from '../../store.ts';
import type { Filter } from './lines.ts';

/** All of them hold. */
export function filterOf(filters: readonly TextFilter[]): Filter {
  const tests = filters.map(textTest);
  const [longest] = filters
    .filter(({ op, value }) => op === '|=' && value !== '')
    .map(({ value }) => Buffer.from(value))
    .toSorted((a, b) => b.length - a.length);
  return { texts: true, needle: longest, holds: (log) => tests.every((test) => test(log)) };
}

/** Of all lines nothing but where they are and how long. */
export const bare: Filter = { texts: false, needle: undefined, holds: () => true };
export const anything: Filter = { texts: true, needle: undefined, holds: () => true };
