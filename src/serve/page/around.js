/** @import { Entry } from './entry.js' */
/** @import { State } from './state.js' */
import { askable } from './query.js';
import { iso } from './time.js';

/** Milliseconds before and after a line. */
const nearby = 3_600_000;

/** A line among what the same source wrote before and after it. @param {Entry} entry @param {State} state @returns {State} */
export function aroundLine({ source, ms, time, cursor }, state) {
  const pod = source.fields.some(([name]) => name === 'pod');
  const fields = source.fields.filter(
    ([name]) => (!pod || ['namespace', 'pod', 'container'].includes(name)) && askable(name),
  );
  const filters = fields.map(([name, value]) => ({ name, op: /** @type {const} */ ('='), values: [value] }));
  const range = { from: iso(ms - nearby), to: iso(ms + nearby) };
  return { ...state, ...range, filters, q: '', at: time, line: cursor, live: false, view: '' };
}
