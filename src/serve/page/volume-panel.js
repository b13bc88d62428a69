/** @import { State } from './state.js' */
/** @import { Volume } from './volume.js' */
/** @import { Move } from './volume-bar.js' */
import { counts } from './api.js';
import { byId } from './element.js';
import { levelNames } from './entry.js';
import { createHistogram } from './histogram.js';
import { askable, selection } from './query.js';
import { duration } from './time.js';
import { reasonOf } from './outcome.js';
import { drawVolumeBar } from './volume-bar.js';
import { volumeOf } from './volume.js';

/**
 * @typedef {object} VolumeEvents
 * @property {(from: number, to: number) => void} choose Milliseconds.
 * @property {(name: string, value: string) => void} only
 * @property {(name: string) => void} by
 * @property {(move: Move) => void} move
 */

/** Pixels of a bar. */
const width = 8;

/** How many lines there are over time, with what that is told by. @param {VolumeEvents} events */
export function createVolumePanel(events) {
  const root = byId('volume', HTMLElement);
  const plot = byId('histogram', HTMLElement);
  const histogram = createHistogram(plot, events.choose);
  /** @type {Volume | undefined} */
  let volume;
  let shownBy = 'stream';
  let inUtc = false;
  /** @type {Parameters<typeof drawVolumeBar>[1]} */
  let shown = { volume, by: shownBy, names: [], problem: '' };
  const bar = byId('volume-bar', HTMLElement);

  function draw() {
    // What is taken away under a pressed button is never clicked.
    if (bar.matches(':active')) setTimeout(draw, 50);
    else drawVolumeBar(bar, shown, events);
  }

  return {
    /** The lines in all; undefined if they are not counted yet, or could not be. */
    total: () => (root.getAttribute('aria-busy') === 'true' ? undefined : volume?.total),
    busy: () => root.setAttribute('aria-busy', 'true'),
    /**
     * Counts, and shows it; what goes wrong is told here.
     *
     * @param {State} state
     * @param {readonly string[]} names What lines have, to be told apart by.
     * @param {boolean} utc
     * @param {AbortSignal} signal
     */
    async show(state, names, utc, signal) {
      const by = state.by || levelNames.find((name) => names.includes(name)) || 'stream';
      const query = selection(state);
      query.set('by', by);
      query.set('steps', String(Math.max(20, Math.min(160, Math.floor(plot.clientWidth / width)))));
      query.set('limit', '1000');
      let problem = '';
      try {
        const found = await counts(query, signal);
        const time = { from: Date.parse(found.from), to: Date.parse(found.to) };
        const step = duration(found.step ?? '') ?? (time.to - time.from || 1);
        volume = volumeOf(found.counts, by, { ...time, step });
        shownBy = by;
        inUtc = utc;
        histogram.show(volume, by, utc);
      } catch (error) {
        if (signal.aborted) return;
        volume = undefined;
        histogram.clear();
        problem = reasonOf(error);
      }
      root.setAttribute('aria-busy', 'false');
      const known = names.filter(askable);
      shown = { volume, by: shownBy, names: known.length > 0 ? known : ['stream'], problem };
      draw();
    },
    /** @param {boolean} utc */
    redraw(utc) {
      if (volume && utc !== inUtc) histogram.show(volume, shownBy, utc);
      inUtc = utc;
    },
  };
}
