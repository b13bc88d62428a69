/** @import { Filter, State } from './state.js' */

/** Names that the server takes as parameters of their own; others are conditions of `match`. */
const plain = new Set(['namespace', 'pod', 'container', 'stream', 'host']);

/** Whether a condition on this name can be asked for: signs of operators would end it too early. @param {string} name */
export const askable = (name) => /^[^=!~]+$/.test(name);

/**
 * The parameters of a filter.
 *
 * @param {Filter} filter
 * @returns {[string, string][]}
 */
function parametersOf({ name, op, values }) {
  if (op === '!=') return values.map((value) => ['match', `${name}!=${value}`]);
  if (plain.has(name)) return values.map((value) => [name, value]);
  if (values.length === 1) return [['match', `${name}=${values[0]}`]];
  return [['match', `${name}=~${values.map(escapePattern).join('|')}`]];
}

/** @param {string} text */
const escapePattern = (text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

/**
 * What the server is asked to select.
 *
 * @param {Pick<State, 'q' | 'filters' | 'from' | 'to'>} state
 * @param {string} [except] A name whose filter does not count here.
 */
export function selection({ q, filters, from, to }, except) {
  const query = new URLSearchParams({ from, to });
  for (const filter of filters.filter(({ name }) => name !== except && askable(name)))
    for (const [name, value] of parametersOf(filter)) query.append(name, value);
  if (q.trim() !== '') query.append('q', q);
  return query;
}
