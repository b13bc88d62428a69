/** @import { Entry } from './entry.js' */
/** @import { Look } from './row.js' */
/** @import { DetailActions } from './detail.js' */
/** @import { State } from './state.js' */
import { search } from './api.js';
import { createChosen } from './chosen.js';
import { createReader } from './entry.js';
import { createList } from './list.js';
import { createLive } from './live.js';
import { measureRow } from './measure.js';
import { selection } from './query.js';
import { row, screenLines } from './row.js';
import { createStretch } from './stretch.js';

/**
 * @typedef {object} Parts
 * @property {HTMLElement} scroller
 * @property {HTMLElement} canvas
 */

/**
 * @typedef {object} LinesEvents
 * @property {() => void} loaded The first lines are there, and can be shown.
 * @property {() => void} changed Something that `status` tells is different.
 * @property {() => void} again Too much has come in to be put to what is there: all is to be shown anew.
 * @property {(error: unknown, again: () => void) => void} failed A page more could not be loaded.
 * @property {DetailActions} actions
 */

/**
 * The list of lines.
 *
 * @param {Parts} parts
 * @param {LinesEvents} events
 */
export function createLines({ scroller, canvas }, events) {
  /** @type {Look} */
  let look = { wrap: false, utc: false, days: false, mark: undefined, line: '' };
  /** @type {ReturnType<typeof createStretch> | undefined} */
  let stretch;
  let controller = new AbortController();
  let size = { height: 20, columns: 100 };

  const entries = () => stretch?.entries ?? [];
  const chosen = createChosen({ scroller, canvas, list: () => list, entries }, events.changed);

  const live = createLive(
    {
      scroller,
      canvas,
      chosen,
      list: () => list,
      stretch: () => stretch,
      again: events.again,
    },
    events.changed,
  );

  const list = createList(scroller, canvas, {
    count: () => entries().length,
    key: (index) => entries()[index]?.cursor ?? '',
    estimate: (index) => {
      const entry = entries()[index];
      return size.height * (entry ? screenLines(entry, look.wrap, size.columns) : 1);
    },
    draw: (index) => {
      const entry = /** @type {Entry} */ (entries()[index]);
      return row(entry, chosen.is(entry.cursor), look, events.actions);
    },
    shown(first, last) {
      if (!stretch) return;
      if (last >= stretch.entries.length - 100) extend('bottom');
      if (first < 100 && scroller.scrollTop > 0) extend('top');
      live.moved();
    },
  });

  /** @param {'top' | 'bottom'} end */
  function extend(end) {
    const asked = stretch;
    const { signal } = controller;
    if (!asked || asked.done[end] || asked.busy[end] || signal.aborted) return;
    const more = async () => {
      try {
        const change = await asked.extend(end);
        if (signal.aborted || !change) return;
        canvas.setAttribute('aria-rowcount', String(asked.done.top && asked.done.bottom ? entries().length : -1));
        list.changed(change);
        events.changed();
      } catch (error) {
        if (signal.aborted) return;
        // Not asked for again by itself, at every movement.
        asked.busy[end] = true;
        events.failed(error, () => {
          asked.busy[end] = false;
          extend(end);
        });
      }
    };
    void more();
    events.changed();
  }

  /**
   * What is shown from now on; rejects if it can't be loaded, or with the reason of its abort by the next one.
   *
   * @param {State} wanted
   * @param {() => Look} how Asked when the lines are there: it may have changed meanwhile.
   */
  async function show(wanted, how) {
    halt();
    controller = new AbortController();
    const { signal } = controller;
    const plan = {
      query: selection(wanted.live ? { ...wanted, to: 'now' } : wanted),
      order: wanted.order,
      live: wanted.live,
      at: wanted.live ? '' : wanted.at,
      search: (/** @type {URLSearchParams} */ query) => search(query, signal),
      read: createReader(),
    };
    const next = createStretch(plan);
    try {
      await next.begin();
    } catch (error) {
      if (!signal.aborted) {
        stretch = undefined;
        list.reset();
      }
      throw error;
    }
    signal.throwIfAborted();
    stretch = next;
    look = how();
    chosen.clear();
    scroller.dataset['wrap'] = String(look.wrap);
    events.loaded();
    const longest = next.entries.reduce((most, { source }) => Math.max(most, source.title.length), 8);
    scroller.style.setProperty('--source', `${longest + 1}ch`);
    size = measureRow(canvas);
    canvas.setAttribute('aria-rowcount', String(next.done.top && next.done.bottom ? next.entries.length : -1));
    list.reset();
    if (wanted.live) live.begin(wanted, next);
    const index = chosen.indexOf(wanted.line);
    if (index >= 0) list.reveal(index, 'center');
    events.changed();
  }

  function halt() {
    controller.abort(new Error('another search'));
    live.stop();
  }

  return {
    show,
    halt,
    resume: live.resume,
    entries,
    status: () => ({
      count: entries().length,
      ...live.status(),
      loading: stretch?.busy.bottom === true || stretch?.busy.top === true,
      done: stretch?.done.top === true && stretch.done.bottom,
      newest: stretch?.newest ?? 'top',
      range: stretch?.range,
    }),
    /** Other ways to draw the same lines. @param {Partial<Look>} how */
    redraw(how) {
      look = { ...look, ...how };
      scroller.dataset['wrap'] = String(look.wrap);
      size = measureRow(canvas);
      list.reset({ keep: true });
    },
    chosen,
  };
}
