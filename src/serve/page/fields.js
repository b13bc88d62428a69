/** @import { SeriesList, Count } from './api.js' */
/** @import { Filter, State } from './state.js' */
import { counts, Refused, series } from './api.js';
import { fieldNames } from './entry.js';
import { h } from './element.js';
import { askable, selection } from './query.js';
import { withoutValue, withValue } from './state.js';
import { short } from './volume.js';

/**
 * @typedef {object} FieldsEvents
 * @property {(filters: (filters: Filter[]) => Filter[]) => void} filter
 * @property {(open: string[]) => void} opened
 * @property {() => void} closed
 */

/** Names of one request for counts. */
const together = 10;
const few = 8;
const many = 200;

/** Names that everything has of its own: they help to find one thing again, not to choose. */
const rarely = ['pod_id', 'docker_id'];

/**
 * The names that lines have, each with its values, to choose by.
 *
 * @param {HTMLElement} root
 * @param {FieldsEvents} events
 * @param {string[]} open Names of those that are open.
 */
export function createFields(root, events, open) {
  let controller = new AbortController();
  /** @type {State | undefined} */
  let state;
  /** Values by name. @type {Map<string, Set<string>>} */
  let known = new Map();
  /** Counts by name and value. @type {Map<string, Map<string, number>>} */
  const counted = new Map();
  /** @type {Set<string>} */
  const long = new Set();
  /** @type {Map<string, string>} */
  const typed = new Map();
  let partial = false;
  let problem = '';

  function names() {
    const own = fieldNames.filter((name) => known.has(name) && !rarely.includes(name));
    const labels = [...known.keys()].filter((name) => !(/** @type {readonly string[]} */ (fieldNames).includes(name)));
    return [...own, ...labels.toSorted(), ...rarely.filter((name) => known.has(name))];
  }

  async function count() {
    const { signal } = controller;
    const asked = state;
    if (!asked) return;
    const wanted = names().filter((name) => open.includes(name) && !counted.has(name) && askable(name));
    // What else there is of a name that was chosen from: its own choice doesn't count.
    const chosen = wanted.filter((name) => asked.filters.some((filter) => filter.name === name && filter.op === '='));
    const free = wanted.filter((name) => !chosen.includes(name));
    const groups = chosen.map((name) => [name]);
    for (let at = 0; at < free.length; at += together) groups.push(free.slice(at, at + together));
    for (const group of groups) {
      const query = selection(asked, group.length === 1 ? group[0] : undefined);
      for (const name of group) query.append('by', name);
      query.set('limit', '10000');
      const found = await counts(query, signal);
      partial ||= found.more;
      for (const name of group) counted.set(name, sums(found.counts, name));
    }
  }

  function ask() {
    const { signal } = controller;
    void count()
      .then(() => (problem = ''))
      .catch((/** @type {unknown} */ error) => {
        // What is wrong with the search itself is told beside it.
        const told = error instanceof Refused && error.status === 400;
        if (!signal.aborted) problem = told ? '' : String(Object(error).message);
      })
      .finally(() => signal.aborted || draw());
  }

  function draw() {
    const { activeElement, scrollTop } = { activeElement: document.activeElement, scrollTop: root.scrollTop };
    const focused = root.contains(activeElement) ? activeElement?.getAttribute('data-key') : undefined;
    root.replaceChildren(
      h(
        'h2',
        {},
        'Fields',
        h('button', { type: 'button', class: 'close', 'aria-label': 'Close the fields', onclick: events.closed }, '×'),
      ),
      ...(problem === '' ? [] : [h('p', { class: 'problem' }, `Not counted: ${problem}`)]),
      ...(known.size === 0 && problem === '' ? [h('p', { class: 'dim' }, 'Nothing in this time.')] : []),
      ...names().map(section),
      ...(partial ? [h('p', { class: 'dim' }, 'There is more than can be counted here: choose something first.')] : []),
    );
    root.scrollTop = scrollTop;
    if (focused) find(focused)?.focus();
  }

  /** @param {string} key */
  const find = (key) => {
    for (const element of root.querySelectorAll('[data-key]'))
      if (element instanceof HTMLElement && element.dataset['key'] === key) return element;
    return undefined;
  };

  /** @param {string} name */
  function section(name) {
    const values = known.get(name) ?? new Set();
    const chosen = state?.filters.some((filter) => filter.name === name) ?? false;
    const details = h(
      'details',
      { open: open.includes(name) },
      h(
        'summary',
        { 'data-key': `name ${name}` },
        h('span', { class: 'name' }, name),
        h('span', { class: 'dim' }, `${values.size}`),
        chosen && h('span', { class: 'chosen', title: 'Chosen from' }, '●'),
      ),
    );
    if (open.includes(name)) details.append(...content(name, values));
    details.addEventListener('toggle', () => {
      if (details.open === open.includes(name)) return;
      open = details.open ? [...open, name] : open.filter((one) => one !== name);
      events.opened(open);
      draw();
      ask();
    });
    return details;
  }

  /** @param {string} name @param {Set<string>} values */
  function content(name, values) {
    const of = counted.get(name);
    const filters = state?.filters.filter((filter) => filter.name === name) ?? [];
    const all = new Set([...filters.flatMap((filter) => filter.values), ...values]);
    /** @param {string} value */
    const weight = (value) => (filters.some((filter) => filter.values.includes(value)) ? 1e15 : (of?.get(value) ?? 0));
    const ordered = [...all].toSorted((a, b) => weight(b) - weight(a) || a.localeCompare(b, 'en', { numeric: true }));
    const filter = (typed.get(name) ?? '').toLowerCase();
    const fitting = ordered.filter((value) => value.toLowerCase().includes(filter));
    const shown = fitting.slice(0, long.has(name) ? many : few);
    const most = Math.max(1, ...(of?.values() ?? []));
    const list = h('ul', {}, ...shown.map((value) => item(name, value, of?.get(value), of !== undefined, most)));
    const nodes = /** @type {HTMLElement[]} */ ([list]);
    if (ordered.length > few) {
      const input = h('input', {
        type: 'text',
        'data-key': `find ${name}`,
        placeholder: `Find one of ${ordered.length}`,
        'aria-label': `Find a value of ${name}`,
        value: typed.get(name) ?? '',
        oninput: () => {
          typed.set(name, input.value);
          long.add(name);
          draw();
          const again = find(`find ${name}`);
          if (again instanceof HTMLInputElement) again.setSelectionRange(again.value.length, again.value.length);
        },
      });
      nodes.unshift(input);
    }
    const rest = fitting.length - shown.length;
    if (rest > 0) {
      const onclick = () => {
        long.add(name);
        draw();
      };
      const more = `${Math.min(rest, many - few)} more${long.has(name) ? ': type to find them' : ''}`;
      nodes.push(h('button', { type: 'button', class: 'link', 'data-key': `more ${name}`, onclick }, more));
    }
    return nodes;
  }

  /** @param {string} name @param {string} value @param {number | undefined} count @param {boolean} ready @param {number} most */
  function item(name, value, count, ready, most) {
    const op = state?.filters.find((filter) => filter.name === name && filter.values.includes(value))?.op;
    const bar = h('span', { class: 'bar' });
    bar.style.width = `${((count ?? 0) / most) * 100}%`;
    /** @param {'=' | '!='} wanted */
    const press = (wanted) => () =>
      events.filter((filters) =>
        op === wanted ? withoutValue(filters, name, value) : withValue(filters, name, wanted, value),
      );
    const pick = h(
      'button',
      {
        type: 'button',
        class: 'pick',
        'data-key': `= ${name} ${value}`,
        'aria-pressed': String(op === '='),
        title: `${name}=${value}`,
        disabled: !askable(name),
        onclick: press('='),
      },
      bar,
      h('span', { class: 'box', 'aria-hidden': true }),
      h('span', { class: 'value' }, value === '' ? 'none' : value),
      h('span', { class: 'count' }, ready ? short(count ?? 0) : ''),
    );
    const not = h(
      'button',
      {
        type: 'button',
        class: 'not',
        'data-key': `!= ${name} ${value}`,
        'aria-pressed': String(op === '!='),
        'aria-label': `Not ${name}=${value}`,
        title: 'Not this',
        disabled: !askable(name),
        onclick: press('!='),
      },
      '−',
    );
    return h('li', { class: ready && !count && op === undefined ? 'zero' : undefined }, pick, not);
  }

  return {
    /**
     * Shows what there is in another time, or for another search. Rejects as a question to the server does.
     *
     * @param {State} wanted
     * @param {{ from: string, to: string }} range
     */
    async show(wanted, range) {
      controller.abort(new Error('another search'));
      controller = new AbortController();
      const { signal } = controller;
      state = wanted;
      const query = new URLSearchParams({ ...range, limit: '1000' });
      const found = await series(query, signal);
      known = valuesOf(found);
      partial = found.more;
      counted.clear();
      draw();
      ask();
      return found;
    },
    names,
  };
}

/** @param {SeriesList} found */
function valuesOf({ series }) {
  /** @type {Map<string, Set<string>>} */
  const values = new Map();
  for (const one of series)
    for (const [name, value] of Object.entries(one)) {
      const of = values.get(name) ?? new Set();
      values.set(name, of.add(value));
    }
  return values;
}

/** @param {readonly Count[]} counts @param {string} name */
function sums(counts, name) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { by, count } of counts) sums.set(by[name] ?? '', (sums.get(by[name] ?? '') ?? 0) + count);
  return sums;
}
