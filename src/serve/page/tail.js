/** @import { Sent } from './entry.js' */
import { reach, Refused } from './api.js';
import { readEvents } from './events.js';

/** Milliseconds: the server says something each 15 seconds, and what says nothing for so long is gone. */
const silence = 45_000;
const longestPause = 10_000;

/**
 * Follows what comes in. After an interruption it goes on behind the last line that it was told. Not by `EventSource`,
 * which sends no credentials but the browser's own.
 *
 * @param {URLSearchParams} query
 * @param {(entries: Sent[]) => void} take Called a few times a second at most.
 * @param {(connected: boolean, why: string) => void} tell
 * @returns {() => void} Ends it.
 */
export function tail(query, take, tell) {
  const controller = new AbortController();
  /** @type {Sent[]} */
  let waiting = [];
  let place = '';
  let pause = 1000;
  let flushing = 0;
  let opening = 0;

  function flush() {
    flushing = 0;
    const batch = waiting;
    waiting = [];
    take(batch);
  }

  const read = () =>
    readEvents(({ type, data, id }) => {
      place = id || place;
      if (data === '') return;
      if (type === 'problem') throw new Refused(0, String(JSON.parse(data).detail ?? ''));
      if (type !== 'message') return;
      waiting.push(JSON.parse(data));
      flushing ||= setTimeout(flush, 200);
    });

  /** Resolves when the server ends it; rejects if it is cut off. */
  async function once() {
    const silent = new AbortController();
    const signal = AbortSignal.any([controller.signal, silent.signal]);
    let heard = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - heard > silence) silent.abort(new Error('nothing was heard for long'));
    }, 5000);
    try {
      const headers = { accept: 'text/event-stream', ...(place !== '' && { 'last-event-id': place }) };
      const { body } = await reach('api/follow', query, { signal, headers });
      tell(true, '');
      pause = 1000;
      const events = read();
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        heard = Date.now();
        events(piece.value);
      }
    } finally {
      clearInterval(watch);
      silent.abort();
    }
  }

  async function open() {
    let why = '';
    try {
      await once();
    } catch (error) {
      if (controller.signal.aborted) return;
      why = error instanceof Error ? error.message : String(error);
      if (error instanceof Refused) {
        // Who isn't let in is asked, and then all begins anew.
        if (error.status === 401) return tell(false, why);
        // Another store than the one that has told the place: from the beginning, and what is known is left out.
        if (error.status === 400) place = '';
      }
    }
    if (controller.signal.aborted) return;
    tell(false, why);
    // Not all pages at once, after the server was gone.
    opening = setTimeout(() => void open(), pause * (0.75 + Math.random() / 2));
    pause = Math.min(longestPause, pause * 2);
  }
  void open();

  return () => {
    controller.abort(new Error('no longer wanted'));
    clearTimeout(flushing);
    clearTimeout(opening);
  };
}
