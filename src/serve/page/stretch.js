/** @import { Entry, Sent } from './entry.js' */
/** @import { Page } from './api.js' */
import { Refused } from './api.js';

/**
 * @typedef {object} Plan What is loaded, and how it stands.
 * @property {URLSearchParams} query What is selected.
 * @property {'newest' | 'oldest'} order
 * @property {boolean} live The newest lines first of all, wherever they stand.
 * @property {string} at The time in whose middle to begin; empty for the top.
 * @property {(query: URLSearchParams) => Promise<Page>} search
 * @property {(sent: Sent) => Entry} read
 * @property {number} [most] Lines that are kept.
 */

/** @typedef {'top' | 'bottom'} End */
/** @typedef {{ top: number, bottom: number }} Change Lines more at each end; negative: fewer. */

const pageSize = 500;
/** Characters of text that are kept. */
const mostText = 60_000_000;

/**
 * A stretch of all lines that match, in the order in which they are shown. It grows at both ends, a page at a time; when
 * it is too long it is cut off at the other end, which can be loaded again.
 *
 * @param {Plan} plan
 */
export function createStretch({ query, order, live, at, search, read, most = 150_000 }) {
  /** @type {Entry[]} */
  let entries = [];
  let text = 0;
  let range = { from: '', to: '' };
  let limit = pageSize;
  const done = { top: false, bottom: false };
  const busy = { top: false, bottom: false };

  /** @param {End} end @returns {'backward' | 'forward'} */
  const directionOf = (end) => ((end === 'bottom') === (order === 'newest') ? 'backward' : 'forward');

  /** @param {Record<string, string>} more @returns {Promise<Page>} */
  async function page(more) {
    const asked = new URLSearchParams(query);
    for (const [name, value] of Object.entries({ ...more, limit: String(limit) })) asked.set(name, value);
    try {
      return await search(asked);
    } catch (error) {
      const problem = error instanceof Refused && error.problems.find(({ parameter }) => parameter === 'limit');
      if (!problem || limit <= 1) throw error;
      // The server tells how many it gives at once: `1 to 100`.
      const told = Number(/to (\d+)/.exec(problem.help)?.[1] ?? 1);
      limit = told < limit ? told : 1;
      return page(more);
    }
  }

  /** @param {Page} page */
  function bound({ from, to }) {
    if (range.to !== '') return;
    range = { from, to };
    query.set('from', from);
    query.set('to', to);
  }

  /** @param {readonly Entry[]} more */
  const count = (more) => {
    for (const { log } of more) text += log.length;
  };

  /** Cuts off at an end what is too much. @param {End} end */
  function trim(end) {
    let over = Math.max(0, entries.length - most);
    let left = text;
    for (const { log } of end === 'top' ? entries.slice(0, over) : entries.slice(entries.length - over))
      left -= log.length;
    while (left > mostText && over < entries.length - pageSize) {
      left -= entries[end === 'top' ? over : entries.length - 1 - over]?.log.length ?? 0;
      over += 1;
    }
    if (over === 0) return 0;
    text = left;
    if (end === 'top') entries.splice(0, over);
    else entries.length -= over;
    done[end] = false;
    return over;
  }

  /** @param {readonly Entry[]} more In the order in which they stand. @param {End} end @returns {Change} */
  function put(more, end) {
    count(more);
    entries = end === 'top' ? [...more, ...entries] : [...entries, ...more];
    const other = end === 'top' ? 'bottom' : 'top';
    const cut = trim(other);
    return end === 'top' ? { top: more.length, bottom: -cut } : { top: -cut, bottom: more.length };
  }

  /** The newest lines stand at this end. @type {End} */
  const newest = order === 'newest' ? 'top' : 'bottom';

  return {
    /** @returns {readonly Entry[]} */
    get entries() {
      return entries;
    },
    /** The times that were meant, RFC 3339; empty before the beginning. */
    get range() {
      return range;
    },
    done,
    busy,
    newest,
    async begin() {
      /** @type {End} */
      const end = live ? (newest === 'top' ? 'bottom' : 'top') : 'bottom';
      const direction = at === '' ? directionOf(end) : 'forward';
      const found = await page(at === '' ? { direction } : { direction, from: at });
      let more = found.entries.map(read);
      let open = found.next !== null;
      if (at !== '') {
        bound({ ...found, from: query.get('from') ?? '' });
        const first = found.entries[0];
        const before = await page({ direction: 'backward', ...(first && { after: first.cursor }) });
        more = [...before.entries.map(read).toReversed(), ...more];
        if (order === 'newest') more.reverse();
        done[newest] = !open;
        open = before.next !== null;
        done[newest === 'top' ? 'bottom' : 'top'] = !open;
      } else {
        bound(found);
        if (end === 'top') more.reverse();
        done[end] = !open;
        done[end === 'top' ? 'bottom' : 'top'] = true;
      }
      count(more);
      entries = more;
    },
    /** Loads a page more; undefined if there is nothing to do. @param {End} end @returns {Promise<Change | undefined>} */
    async extend(end) {
      const last = end === 'top' ? entries[0] : entries.at(-1);
      if (done[end] || busy[end] || !last) return undefined;
      busy[end] = true;
      try {
        const found = await page({ direction: directionOf(end), after: last.cursor });
        const more = found.entries.map(read);
        done[end] = found.next === null;
        return put(end === 'top' ? more.toReversed() : more, end);
      } finally {
        busy[end] = false;
      }
    },
    /** Takes what came in, the oldest first. @param {readonly Entry[]} more */
    add: (more) => put(newest === 'top' ? more.toReversed() : more, newest),
  };
}
