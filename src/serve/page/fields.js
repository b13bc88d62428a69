/** @import { SeriesList, Count } from './api.js' */
/** @import { Filter, State } from './state.js' */
import { counts, series } from './api.js';
import { fieldNames } from './entry.js';
import { h, renew } from './element.js';
import { drawValues } from './field-values.js';
import { reasonOf } from './outcome.js';
import { askable, selection } from './query.js';

/**
 * @typedef {object} FieldsEvents
 * @property {(filters: (filters: Filter[]) => Filter[]) => void} filter
 * @property {(open: string[]) => void} opened
 * @property {() => void} closed
 */

/** Names of one request for counts. */
const together = 10;

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
  let turns = 0;

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
    const turn = (turns += 1);
    root.setAttribute('aria-busy', 'true');
    void count()
      .then(() => (problem = ''))
      .catch((/** @type {unknown} */ error) => {
        if (!signal.aborted) problem = reasonOf(error);
      })
      .finally(() => {
        if (signal.aborted) return;
        draw();
        if (turn === turns) root.setAttribute('aria-busy', 'false');
      });
  }

  function draw() {
    // What is taken away under a pressed button is never clicked.
    if (root.matches(':active')) {
      setTimeout(draw, 50);
      return;
    }
    const { scrollTop } = root;
    const close = { 'data-key': 'close', 'aria-label': 'Close the fields', onclick: events.closed };
    const again = renew(
      root,
      h('h2', {}, 'Fields', h('button', { type: 'button', class: 'close', ...close }, '×')),
      ...(problem === '' ? [] : [h('p', { class: 'problem' }, `Not counted: ${problem}`)]),
      ...(known.size === 0 && problem === '' ? [h('p', { class: 'dim' }, 'Nothing in this time.')] : []),
      ...names().map(section),
      ...(partial ? [h('p', { class: 'dim' }, 'There is more than can be counted here: choose something first.')] : []),
    );
    root.scrollTop = scrollTop;
    if (again instanceof HTMLInputElement) again.setSelectionRange(again.value.length, again.value.length);
  }

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
    if (open.includes(name)) {
      const filters = state?.filters.filter((filter) => filter.name === name) ?? [];
      const shown = { values, counts: counted.get(name), filters, typed: typed.get(name) ?? '', long: long.has(name) };
      const find = (/** @type {string} */ text) => {
        typed.set(name, text);
        more();
      };
      const more = () => {
        long.add(name);
        draw();
      };
      details.append(...drawValues(name, shown, { filter: events.filter, find, more }));
    }
    details.addEventListener('toggle', () => {
      if (details.open === open.includes(name)) return;
      open = details.open ? [...open, name] : open.filter((one) => one !== name);
      events.opened(open);
      draw();
      ask();
    });
    return details;
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
      root.setAttribute('aria-busy', 'true');
      const query = new URLSearchParams({ ...range, limit: '1000' });
      const found = await series(query, signal).catch((error) => {
        if (!signal.aborted) root.setAttribute('aria-busy', 'false');
        throw error;
      });
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
