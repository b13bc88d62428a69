/** @import { Entry } from './entry.js' */
/** @import { State } from './state.js' */
/** @import { createChosen } from './chosen.js' */
/** @import { createList } from './list.js' */
/** @import { createStretch } from './stretch.js' */
import { createNews } from './news.js';

/**
 * New lines that come in at the end of a list, as long as someone looks at that end.
 *
 * @param {object} parts
 * @param {HTMLElement} parts.scroller
 * @param {HTMLElement} parts.canvas
 * @param {ReturnType<typeof createChosen>} parts.chosen
 * @param {() => ReturnType<typeof createList>} parts.list
 * @param {() => ReturnType<typeof createStretch> | undefined} parts.stretch
 * @param {() => void} parts.again Shows all anew, what has come in too.
 * @param {() => void} changed
 */
export function createLive({ scroller, canvas, chosen, list, stretch, again }, changed) {
  /** @type {ReturnType<typeof createNews> | undefined} */
  let news;
  let wasAtEdge = true;

  /** Whether the end is seen at which new lines come in. */
  function atEdge() {
    const shown = stretch();
    if (shown?.newest === 'top') return scroller.scrollTop < 30 && shown.done.top;
    return scroller.scrollTop + scroller.clientHeight > canvas.offsetHeight - 30 && shown?.done.bottom === true;
  }

  function resume() {
    const shown = stretch();
    if (!shown || !news) return;
    chosen.unselect();
    const more = news.take();
    // What is missing in between is found by another search.
    if (!more || !shown.done[shown.newest]) return again();
    list().changed(shown.add(more));
    if (shown.newest === 'top') scroller.scrollTop = 0;
    else list().reveal(shown.entries.length - 1);
    changed();
  }

  return {
    resume,
    /** Follows what comes in behind what is shown. @param {State} state @param {ReturnType<typeof createStretch>} shown */
    begin(state, { entries, range, newest, done }) {
      const complete = done[newest === 'top' ? 'bottom' : 'top'];
      const came = () => {
        if ((atEdge() && !chosen.any()) || stretch()?.entries.length === 0) resume();
        else changed();
      };
      news = createNews(state, { entries, to: range.to, complete }, { came, changed });
      if (newest === 'bottom') list().reveal(entries.length - 1);
    },
    stop() {
      news?.stop();
      news = undefined;
    },
    /** Someone has scrolled. */
    moved() {
      if (!news) return;
      const edge = atEdge();
      if (edge !== wasAtEdge) setTimeout(changed);
      wasAtEdge = edge;
      if (news.count() > 0 && edge && !chosen.any()) setTimeout(resume);
    },
    status: () => ({
      news: news?.count() ?? 0,
      connected: news?.connected() ?? true,
      paused: (news?.count() ?? 0) > 0 || !atEdge() || chosen.any(),
    }),
  };
}
