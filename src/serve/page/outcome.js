/** @import { State } from './state.js' */
import { Refused, search } from './api.js';
import { now } from './clock.js';
import { h } from './element.js';
import { drawMessage } from './message.js';
import { selection } from './query.js';
import { initial } from './state.js';
import { ago, dateTime, describeRange, iso, zone } from './time.js';

/** @typedef {{ go: (change: Partial<State>) => void, again: () => void, range: HTMLElement }} Ways */

/** Says why there is nothing to be seen, since the server did not answer. @param {HTMLElement} root @param {unknown} error @param {Ways} ways */
export function drawFailure(root, error, ways) {
  const known = error instanceof Refused ? error : new Refused(-1, String(error));
  const wrong = known.problems.map(({ parameter, problem, help }) =>
    h('span', {}, h('b', {}, parameter === 'q' ? 'Search' : parameter), `: ${problem}. Expected: ${help}.`),
  );
  drawMessage(root, {
    title: titles[known.status] ?? 'No answer',
    text: wrong.length > 0 ? wrong : [known.message, ...(passing(known) ? ['Asked again every few seconds.'] : [])],
    ways:
      known.status === 400
        ? [wayOut(known, ways)]
        : // Who isn't let in is asked again by that.
          [{ text: known.status === 401 ? 'Sign in' : 'Try again', run: ways.again }],
    wrong: known.status !== 401,
  });
}

/** @param {Refused} refused @param {Ways} ways */
const wayOut = ({ problems }, { go }) =>
  problems.length > 0 && problems.every(({ parameter }) => parameter === 'q')
    ? { text: 'Take back the search', run: () => go({ q: '', filters: [], view: '' }) }
    : // Of an address that someone has made up nothing need be right.
      { text: 'Begin anew', run: () => go(initial) };

/** Whether it may be over by itself. @param {unknown} error */
export const passing = (error) => error instanceof Refused && [0, 503].includes(error.status);

/** @type {Readonly<Record<number, string>>} */
const titles = { 400: 'This can’t be searched', 401: 'Sign in to see the logs' };

/** Why a part of the page has nothing; empty if it is told elsewhere: a wrong search beside it, who isn't let in by a question. @param {unknown} error */
export const reasonOf = (error) =>
  error instanceof Refused && [400, 401].includes(error.status) ? '' : String(Object(error).message);

/** Says that nothing was found, and where there is something. @param {HTMLElement} root @param {State} state @param {boolean} utc @param {Ways} ways @param {AbortSignal} signal */
export async function drawNothing(root, state, utc, ways, signal) {
  const searched = state.q.trim() !== '' || state.filters.length > 0;
  const range = describeRange(state.from, state.to, utc);
  const time = range.startsWith('Last ') ? `in the ${range.toLowerCase()}` : `in this time: ${range}`;
  const title = `Nothing ${searched ? 'found ' : ''}${time}`;
  const wider = [
    { text: 'Choose another time', run: () => ways.range.click() },
    ...(searched ? [{ text: 'Take back the search', run: () => ways.go({ q: '', filters: [] }) }] : []),
  ];
  drawMessage(root, { title, text: ['Looking for the newest line before…'], ways: wider });
  /** @type {string | undefined} */
  let newest;
  try {
    newest = await findNewest(state, signal);
  } catch {
    // A server may not look back so far.
    if (!signal.aborted) drawMessage(root, { title, ways: wider });
    return;
  }
  if (newest === undefined) {
    const none = searched ? 'Nothing fits at any time.' : 'No line has come in yet.';
    const how = h('span', {}, 'Send logs to ', h('code', {}, 'loki/api/v1/push'), ' or ', h('code', {}, 'write'), '.');
    drawMessage(root, { title: searched ? title : none, text: [searched ? none : how], ways: searched ? wider : [] });
    return;
  }
  const ms = Date.parse(newest);
  drawMessage(root, {
    title,
    text: [
      `The newest line${searched ? ' that fits' : ''} is from ${dateTime(ms, utc)} ${zone(ms, utc)}, ${ago(ms, now())}.`,
    ],
    ways: [
      {
        text: 'Show it',
        run: () => ways.go({ from: iso(ms - 1_800_000), to: iso(ms + 60_000), view: searched ? state.view : 'lines' }),
      },
      ...wider,
    ],
  });
}

/** The time of the newest line that fits; undefined if there is none. @param {State} state @param {AbortSignal} signal */
async function findNewest(state, signal) {
  const query = selection({ ...state, from: '1970-01-01T00:00:00Z', to: 'now' });
  query.set('limit', '1');
  return (await search(query, signal)).entries[0]?.time;
}
