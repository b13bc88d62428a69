/** @import { Entry, Sent } from './entry.js' */
/** @import { State } from './state.js' */
import { createReader } from './entry.js';
import { selection } from './query.js';
import { tail } from './tail.js';

/** Lines that wait while nobody wants to see them; more are only counted. */
const mostWaiting = 5000;
/** Cursors of lines that were told: after an interruption the last ones are told again. */
const mostKnown = 20_000;
/** Milliseconds for which a line may be late. */
const late = 10_000;

/**
 * The lines that come in after a search, until they are taken.
 *
 * @param {State} state
 * @param {{ entries: readonly Entry[], to: string, complete: boolean }} found What the search found, up to when, and whether that is all.
 * @param {{ came: () => void, changed: () => void }} events
 */
export function createNews(state, { entries, to, complete }, events) {
  const read = createReader();
  const known = new Set(entries.map(({ cursor }) => cursor));
  // What is older than all that is loaded is not new: it is loaded when someone gets there.
  const oldest = complete ? -Infinity : entries.reduce((least, { ms }) => Math.min(least, ms), Infinity);
  /** @type {Entry[]} */
  let waiting = [];
  let count = 0;
  let connected = true;

  /** @param {Sent[]} batch */
  function take(batch) {
    const fresh = batch.filter(({ cursor, time }) => !known.has(cursor) && Date.parse(time) > oldest);
    for (const { cursor } of fresh) known.add(cursor);
    // A set keeps the order in which it was filled.
    for (const cursor of known) {
      if (known.size <= mostKnown) break;
      known.delete(cursor);
    }
    if (fresh.length === 0) return;
    count += fresh.length;
    waiting.push(...fresh.map(read));
    if (waiting.length > mostWaiting) waiting = [];
    events.came();
  }

  const query = selection(state);
  query.delete('to');
  query.set('from', new Date(Date.parse(to) - late).toISOString());
  const stop = tail(query, take, (yes) => {
    connected = yes;
    events.changed();
  });

  return {
    stop,
    count: () => count,
    connected: () => connected,
    /** All that waits, the oldest first; undefined if there were too many to keep. */
    take() {
      const taken = waiting.length < count ? undefined : waiting;
      waiting = [];
      count = 0;
      return taken;
    },
  };
}
