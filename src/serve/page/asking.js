/** @import { createFields } from './fields.js' */
/** @import { createFrame } from './frame.js' */
/** @import { createLines } from './lines.js' */
/** @import { createPlace } from './place.js' */
/** @import { createStreams } from './streams.js' */
/** @import { createVolumePanel } from './volume-panel.js' */
import { Refused } from './api.js';
import { drawStatus, say } from './controls.js';
import { byId } from './element.js';
import { drawMessage } from './message.js';
import { drawFailure, drawNothing, passing } from './outcome.js';
import { viewOf } from './state.js';
import { visible } from './unseen.js';

/**
 * @typedef {object} Asked Who shows what is found.
 * @property {ReturnType<typeof createPlace>} place
 * @property {ReturnType<typeof createFrame>} frame
 * @property {ReturnType<typeof createLines>} lines
 * @property {ReturnType<typeof createStreams>} streams
 * @property {ReturnType<typeof createFields>} fields
 * @property {ReturnType<typeof createVolumePanel>} volume
 */

/**
 * Asks for all that the state says, has it shown, and tells how far it is.
 *
 * @param {Asked} asked
 */
export function createAsking({ place, frame, lines, streams, fields, volume }) {
  const element = (/** @type {string} */ id) => byId(id, HTMLElement);
  const message = element('message');
  const box = element('q');
  const utc = () => frame.preferences.utc;
  let controller = new AbortController();
  /** Loads once more what could not be loaded. @type {(() => void) | undefined} */
  let again;
  /** Nothing was found out, not even that there is nothing. */
  let failed = false;
  const ways = { go: place.go, again: () => void run(), range: element('range') };

  async function run() {
    const state = place.state();
    controller.abort(new Error('another search'));
    controller = new AbortController();
    const { signal } = controller;
    again = undefined;
    failed = false;
    frame.draw();
    element('q-problem').hidden = true;
    box.removeAttribute('aria-invalid');
    element('content').setAttribute('aria-busy', 'true');
    element('progress').hidden = false;
    volume.busy();
    const view = viewOf(state);
    if (view === 'streams') lines.halt();
    try {
      const named = surround(signal);
      if (view === 'lines') await lines.show(state, frame.look);
      else await streams.show(state, { from: state.from, to: state.to }, await named, utc(), signal);
      if (signal.aborted) return;
      message.hidden = true;
      drawView(view);
      const empty = view === 'lines' ? lines.entries().length === 0 : streams.count() === 0;
      if (empty && state.live) drawMessage(message, { title: 'Waiting for lines…' });
      else if (empty) await drawNothing(message, state, utc(), ways, signal);
      else say(view === 'lines' ? `${lines.entries().length} lines` : `${streams.count()} streams`);
    } catch (error) {
      if (signal.aborted) return;
      drawView(view);
      fail(error, signal);
    } finally {
      if (!signal.aborted) {
        element('content').setAttribute('aria-busy', 'false');
        element('progress').hidden = true;
        tell();
      }
    }
  }

  /** @param {unknown} error @param {AbortSignal} signal */
  function fail(error, signal) {
    failed = true;
    const known = error instanceof Refused ? error : undefined;
    const search = known?.problems.find(({ parameter }) => parameter === 'q');
    element('q-problem').hidden = search === undefined;
    element('q-problem').textContent = search ? visible(`${search.problem}.`) : '';
    box.setAttribute('aria-invalid', String(search !== undefined));
    drawFailure(message, error, ways);
    if (passing(error)) setTimeout(() => signal.aborted || void run(), 5000);
  }

  /** What stands around the lines: names to choose from, and how many lines there are. Gives the names. @param {AbortSignal} signal */
  async function surround(signal) {
    const state = place.state();
    let names = fields.names();
    try {
      await fields.show(state, { from: state.from, to: state.to });
      names = fields.names();
    } catch {
      // Without them it goes on with those that were there before; what is the matter is told where the lines should be.
    }
    if (signal.aborted) return names;
    /** Where lines come in again and again, each time some seconds after the answer, however long that takes. */
    const count = async () => {
      await volume.show(state, names, utc(), signal);
      tell();
      if (state.live) setTimeout(recount, 10_000);
    };
    const recount = () => {
      if (signal.aborted) return;
      if (document.hidden) setTimeout(recount, 10_000);
      else void count();
    };
    void count();
    return names;
  }

  /** @param {'lines' | 'streams'} view */
  function drawView(view) {
    element('lines').hidden = view !== 'lines';
    element('streams').hidden = view !== 'streams';
  }

  /** Shows how far it is. */
  function tell() {
    const state = place.state();
    const status = lines.status();
    drawStatus(state, { ...status, streams: streams.count(), total: volume.total(), failed, again });
    if (state.live && status.count > 0) message.hidden = true;
  }

  return {
    run,
    tell,
    /** The first lines can be seen. */
    loaded() {
      message.hidden = true;
      drawView('lines');
    },
    /** A page more could not be loaded. @param {unknown} error @param {() => void} retry */
    failed(error, retry) {
      again = () => {
        again = undefined;
        retry();
      };
      say(error instanceof Error ? error.message : String(error));
      tell();
    },
  };
}
