/** @import { Sent } from './entry.js' */

/**
 * Follows what comes in. After an interruption it goes on behind the last line that it was told.
 *
 * @param {URLSearchParams} query
 * @param {(entries: Sent[]) => void} take Called a few times a second at most.
 * @param {(connected: boolean, why: string) => void} tell
 * @returns {() => void} Ends it.
 */
export function tail(query, take, tell) {
  /** @type {Sent[]} */
  let waiting = [];
  /** @type {EventSource | undefined} */
  let source;
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

  function open() {
    const asked = new URLSearchParams(query);
    if (place !== '') asked.set('last_event_id', place);
    source = new EventSource(`api/follow?${asked.toString()}`);
    source.addEventListener('open', () => {
      pause = 1000;
      tell(true, '');
    });
    source.addEventListener('message', ({ data, lastEventId }) => {
      place = lastEventId;
      waiting.push(JSON.parse(data));
      flushing ||= setTimeout(flush, 200);
    });
    source.addEventListener('problem', ({ data }) => tell(false, String(JSON.parse(data).detail ?? '')));
    source.addEventListener('error', () => {
      tell(false, '');
      // After an answer that is no stream it does not come back by itself.
      if (source?.readyState !== EventSource.CLOSED) return;
      opening = setTimeout(open, pause);
      pause = Math.min(30_000, pause * 2);
    });
  }
  open();
  return () => {
    source?.close();
    clearTimeout(flushing);
    clearTimeout(opening);
  };
}
