/** @import { Filter } from './state.js' */
import { h } from './element.js';
import { askable } from './query.js';
import { withoutValue, withValue } from './state.js';
import { short } from './volume.js';

const few = 8;
const many = 200;

/**
 * @typedef {object} Shown
 * @property {ReadonlySet<string>} values
 * @property {ReadonlyMap<string, number> | undefined} counts Undefined until they are there.
 * @property {readonly Filter[]} filters Those of this name.
 * @property {string} typed What a value has to contain.
 * @property {boolean} long Whether many are shown.
 */

/**
 * @typedef {object} ValueEvents
 * @property {(change: (filters: Filter[]) => Filter[]) => void} filter
 * @property {(text: string) => void} find
 * @property {() => void} more
 */

/**
 * The values of a name: what is chosen first, then what has most lines.
 *
 * @param {string} name
 * @param {Shown} shown
 * @param {ValueEvents} events
 * @returns {HTMLElement[]}
 */
export function drawValues(name, { values, counts, filters, typed, long }, events) {
  const chosen = new Set(filters.flatMap((filter) => filter.values));
  /** @param {string} value */
  const weight = (value) => (chosen.has(value) ? Infinity : (counts?.get(value) ?? 0));
  const ordered = [...new Set([...chosen, ...values])].toSorted((a, b) =>
    weight(a) === weight(b) ? a.localeCompare(b, 'en', { numeric: true }) : weight(b) - weight(a),
  );
  const fitting = ordered.filter((value) => value.toLowerCase().includes(typed.toLowerCase()));
  const listed = fitting.slice(0, long ? many : few);
  const most = Math.max(1, ...(counts?.values() ?? []));
  const items = listed.map((value) => {
    const op = filters.find((filter) => filter.values.includes(value))?.op;
    return item(name, value, { op, count: counts && (counts.get(value) ?? 0), most }, events);
  });
  const nodes = /** @type {HTMLElement[]} */ ([h('ul', {}, ...items)]);
  if (ordered.length > few) {
    const input = h('input', {
      type: 'text',
      'data-key': `find ${name}`,
      placeholder: `Find one of ${ordered.length}`,
      'aria-label': `Find a value of ${name}`,
      value: typed,
      oninput: () => events.find(input.value),
    });
    nodes.unshift(input);
  }
  const rest = fitting.length - listed.length;
  if (rest > 0) {
    const text = `${Math.min(rest, many - few)} more${long ? ': type to find them' : ''}`;
    nodes.push(h('button', { type: 'button', class: 'link', 'data-key': `more ${name}`, onclick: events.more }, text));
  }
  return nodes;
}

/**
 * @param {string} name
 * @param {string} value
 * @param {{ op: '=' | '!=' | undefined, count: number | undefined, most: number }} how
 * @param {ValueEvents} events
 */
function item(name, value, { op, count, most }, events) {
  const bar = h('span', { class: 'bar' });
  bar.style.width = `${((count ?? 0) / most) * 100}%`;
  /** @param {'=' | '!='} wanted */
  const press = (wanted) => ({
    type: 'button',
    'data-key': `${wanted} ${name} ${value}`,
    'aria-pressed': String(op === wanted),
    disabled: !askable(name),
    onclick: () =>
      events.filter((filters) =>
        op === wanted ? withoutValue(filters, name, value) : withValue(filters, name, wanted, value),
      ),
  });
  const pick = h(
    'button',
    { ...press('='), class: 'pick', title: `${name}=${value}` },
    bar,
    h('span', { class: 'box', 'aria-hidden': true }),
    h('span', { class: 'value' }, value === '' ? 'none' : value),
    h('span', { class: 'count' }, count === undefined ? '' : short(count)),
  );
  const not = h(
    'button',
    { ...press('!='), class: 'not', 'aria-label': `Not ${name}=${value}`, title: 'Not this' },
    '−',
  );
  return h('li', { class: count === 0 && op === undefined ? 'zero' : undefined }, pick, not);
}
