/** @import { Action } from './keys.js' */
/** @import { Asked } from './asking.js' */
import { aroundLine } from './around.js';
import { now } from './clock.js';
import { byId } from './element.js';
import { drawHelp } from './help.js';
import { viewOf } from './state.js';
import { moved } from './volume-bar.js';

/**
 * What keys and buttons do.
 *
 * @param {Pick<Asked, 'place' | 'frame' | 'lines' | 'volume'>} parts
 * @param {() => void} ask
 * @returns {Readonly<Record<Action, () => boolean | void>>}
 */
export function actionsOf({ place, frame, lines, volume }, ask) {
  const { go, state } = place;
  const { preferences, prefer, toggleFields } = frame;
  const box = byId('q', HTMLInputElement);
  const help = byId('help', HTMLDialogElement);
  const inLines = () => viewOf(state()) === 'lines';
  return {
    search() {
      box.focus();
      box.select();
    },
    next: () => inLines() && lines.chosen.move(1),
    previous: () => inLines() && lines.chosen.move(-1),
    open: () => inLines() && lines.chosen.toggle(),
    leave() {
      if (frame.coversLines()) toggleFields();
      else if (inLines() && lines.chosen.back()) return true;
      else if (state().at === '') return false;
      else place.leave();
      return true;
    },
    around() {
      const entry = lines.chosen.entry();
      if (entry) go(aroundLine(entry, state()));
    },
    top: () => void (byId('scroller', HTMLElement).scrollTop = 0),
    live: () => (state().live && lines.status().news > 0 ? lines.resume() : go({ live: !state().live, view: 'lines' })),
    news: () => lines.resume(),
    wrap() {
      prefer({ wrap: !preferences.wrap });
      lines.redraw({ wrap: preferences.wrap });
    },
    zone() {
      prefer({ utc: !preferences.utc });
      lines.redraw(frame.look());
      volume.redraw(preferences.utc);
    },
    wider: () => go({ ...moved(state(), 'wider', now()), live: false }),
    refresh: ask,
    order() {
      const { order, at, line } = state();
      go({ order: order === 'newest' ? 'oldest' : 'newest', at, line });
    },
    theme: () => prefer({ theme: /** @type {const} */ ({ '': 'light', light: 'dark', dark: '' })[preferences.theme] }),
    fields: toggleFields,
    lines: () => go({ view: 'lines' }),
    streams: () => go({ view: 'streams', live: false }),
    help() {
      drawHelp(help);
      help.showModal();
    },
  };
}
