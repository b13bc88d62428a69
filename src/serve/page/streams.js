/** @import { Count } from './api.js' */
/** @import { State } from './state.js' */
import { counts } from './api.js';
import { hueOf, titleOf } from './entry.js';
import { h, renew } from './element.js';
import { askable, selection } from './query.js';
import { onlyValue, writeState } from './state.js';
import { ago, dateTime, duration } from './time.js';
import { short, size } from './volume.js';

/**
 * @typedef {object} Stream
 * @property {Record<string, string>} by
 * @property {number} count
 * @property {number} bytes
 * @property {number} last Milliseconds: the end of the last step that has a line.
 * @property {number[]} steps
 */

const identity = ['namespace', 'pod', 'container'];
const most = 1000;
const mostSteps = 40;
const svg = 'http://www.w3.org/2000/svg';

/**
 * An overview of what sends lines, with how many of them; each leads to its lines.
 *
 * @param {HTMLElement} root
 */
export function createStreams(root) {
  /** @type {Stream[]} */
  let streams = [];
  let more = false;
  let total = { from: 0, to: 0 };
  /** @type {State | undefined} */
  let state;
  let utc = false;
  let sort = /** @type {'count' | 'bytes' | 'name' | 'last'} */ ('count');

  /** @param {Stream} stream */
  const name = ({ by }) => (by['pod'] ? `${by['namespace']} ${titleOf(by)}` : titleOf(by));
  const orders = {
    count: (/** @type {Stream} */ a, /** @type {Stream} */ b) => b.count - a.count,
    bytes: (/** @type {Stream} */ a, /** @type {Stream} */ b) => b.bytes - a.bytes,
    last: (/** @type {Stream} */ a, /** @type {Stream} */ b) => b.last - a.last,
    name: () => 0,
  };

  function draw() {
    const ordered = streams
      .toSorted((a, b) => name(a).localeCompare(name(b), 'en', { numeric: true }))
      .toSorted(orders[sort]);
    const head = h(
      'tr',
      {},
      heading('name', 'Stream'),
      h('th', { scope: 'col', class: 'activity' }, 'Activity'),
      heading('last', 'Last line', 'last'),
      heading('count', 'Lines', 'number'),
      heading('bytes', 'Size', 'number size'),
    );
    const highest = Math.max(1, ...streams.flatMap(({ steps }) => steps));
    renew(
      root,
      h(
        'table',
        {},
        h('caption', { class: 'hidden' }, 'Streams with the number of their lines'),
        h('thead', {}, head),
        h('tbody', {}, ...ordered.map((stream) => line(stream, highest))),
      ),
      ...(more ? [h('p', { class: 'dim' }, `These are the ${most} with most lines; search to see others.`)] : []),
    );
  }

  /** @param {typeof sort} key @param {string} text @param {string} [kind] */
  function heading(key, text, kind) {
    const onclick = () => {
      sort = key;
      draw();
    };
    const sorted = sort === key && (key === 'name' ? 'ascending' : 'descending');
    return h(
      'th',
      { scope: 'col', class: kind, 'aria-sort': sorted },
      h(
        'button',
        { type: 'button', 'data-key': `by ${key}`, onclick },
        text,
        h('span', { 'aria-hidden': true }, sorted ? (key === 'name' ? ' ↑' : ' ↓') : ''),
      ),
    );
  }

  /** @param {Stream} stream @param {number} highest */
  function line(stream, highest) {
    const { by, count, bytes, steps, last } = stream;
    const title = titleOf(by);
    const href = state && writeState(linesOf(state, by));
    const link = h('a', { href, 'data-go': true, 'data-key': `of ${name(stream)}` }, title);
    link.style.setProperty('--hue', String(hueOf(title)));
    const rest = by['pod']
      ? [by['namespace'] ?? '']
      : Object.entries(by).flatMap(([key, value]) => (value ? [`${key}=${value}`] : []));
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, link, h('span', { class: 'dim' }, rest.join(' '))),
      h('td', { class: 'activity' }, spark(steps, highest)),
      h('td', { class: 'last', title: dateTime(last, utc) }, ago(last, total.to)),
      h('td', { class: 'number' }, short(count)),
      h('td', { class: 'number size' }, size(bytes)),
    );
  }

  return {
    /**
     * Resolves to how many streams there are.
     *
     * @param {State} wanted
     * @param {{ from: string, to: string }} range
     * @param {readonly string[]} names All names that series have.
     * @param {boolean} inUtc
     * @param {AbortSignal} signal
     */
    async show(wanted, range, names, inUtc, signal) {
      const labels = names.filter((one) => !['stream', 'host', 'pod_id', 'docker_id', ...identity].includes(one));
      // What has no pod is told apart by its labels.
      const by = names.length > 0 && !names.includes('pod') ? ['namespace', ...labels].slice(0, 10) : identity;
      const query = selection({ ...wanted, ...range });
      for (const one of by.filter(askable)) query.append('by', one);
      query.set('steps', String(mostSteps));
      query.set('limit', String(most));
      const found = await counts(query, signal);
      state = wanted;
      utc = inUtc;
      more = found.more;
      total = { from: Date.parse(found.from), to: Date.parse(found.to) };
      streams = streamsOf(found.counts, total, found.step);
      draw();
      return streams.length;
    },
    count: () => streams.length,
  };
}

/** @param {State} state @param {Record<string, string>} by @returns {State} */
export const linesOf = (state, by) => ({
  ...state,
  view: state.view === 'streams' ? '' : state.view,
  filters: Object.entries(by)
    .filter(([name, value]) => value !== '' && askable(name))
    .reduce((filters, [name, value]) => onlyValue(filters, name, value), state.filters),
});

/** @param {readonly Count[]} counts @param {{ from: number, to: number }} range @param {string | null} step */
function streamsOf(counts, { from, to }, step) {
  /** @type {Map<string, Stream>} */
  const streams = new Map();
  const length = (step === null ? undefined : duration(step)) ?? (to - from || 1);
  const first = Math.floor(from / length) * length;
  const columns = Math.max(1, Math.ceil((to - first + 1) / length));
  for (const { time, by, count, bytes } of counts) {
    const key = JSON.stringify(Object.values(by));
    const start = Date.parse(time);
    const known = streams.get(key) ?? {
      by,
      count: 0,
      bytes: 0,
      last: 0,
      steps: Array.from({ length: columns }, () => 0),
    };
    const at = Math.max(0, Math.min(columns - 1, Math.round((start - first) / length)));
    known.count += count;
    known.bytes += bytes;
    known.last = Math.max(known.last, Math.min(to, start + length));
    known.steps[at] = (known.steps[at] ?? 0) + count;
    streams.set(key, known);
  }
  return [...streams.values()];
}

/** @param {readonly number[]} steps @param {number} highest */
function spark(steps, highest) {
  const columns = steps.length;
  const picture = document.createElementNS(svg, 'svg');
  picture.setAttribute('viewBox', `0 0 ${columns} 20`);
  picture.setAttribute('preserveAspectRatio', 'none');
  picture.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svg, 'path');
  // By the square root, so that quiet ones can be seen beside loud ones.
  const heights = steps.map((count) => (count === 0 ? 0 : Math.max(1.5, Math.sqrt(count / highest) * 20)));
  path.setAttribute(
    'd',
    heights.map((height, at) => (height ? `M${at} 20v-${height.toFixed(2)}h.8V20z` : '')).join(''),
  );
  picture.append(path);
  return picture;
}
