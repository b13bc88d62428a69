/** @import { State } from './state.js' */
/** @import { Preferences } from './preferences.js' */
import { byId, h } from './element.js';
import { viewOf } from './state.js';
import { describeRange } from './time.js';
import { visible } from './unseen.js';
import { short } from './volume.js';

const element = (/** @type {string} */ id) => byId(id, HTMLElement);

/** @param {string} id @param {boolean} yes */
const press = (id, yes) => element(id).setAttribute('aria-pressed', String(yes));

/** Shows in the controls what the state and the preferences are. @param {State} state @param {Preferences} preferences */
export function drawControls(state, { theme, utc, wrap }) {
  const { q, from, to, filters, live, order } = state;
  const view = viewOf(state);
  element('range').textContent = visible(describeRange(from, to, utc));
  press('live', live);
  press('view-lines', view === 'lines');
  press('view-streams', view === 'streams');
  for (const one of document.querySelectorAll('.lines-only'))
    if (one instanceof HTMLElement) one.hidden = view !== 'lines';
  element('order').textContent = order === 'newest' ? 'Newest first' : 'Oldest first';
  press('wrap', wrap);
  element('utc').textContent = utc ? 'UTC' : 'Local time';
  const button = element('theme');
  button.title = `Colours: ${theme || 'as the system'}`;
  button.setAttribute('aria-label', button.title);
  button.textContent = { '': '◐', light: '☀', dark: '☾' }[theme];
  if (theme === '') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  const title = [q, ...filters.flatMap(({ values }) => values), 'Logs'].filter((text) => text !== '').join(' · ');
  document.title = visible(title);
}

/**
 * @typedef {object} Status What changes while the same state is shown.
 * @property {number} count Lines that are loaded.
 * @property {number} streams
 * @property {number | undefined} total Lines in all.
 * @property {number} news Lines that came in and are not shown yet.
 * @property {boolean} connected
 * @property {boolean} paused
 * @property {boolean} loading
 * @property {boolean} done All lines are loaded.
 * @property {'top' | 'bottom'} newest Where the newest lines stand.
 * @property {boolean} failed There was no answer.
 * @property {(() => void) | undefined} again Loads once more what could not be loaded.
 */

/** @param {number} count @param {string} what */
const plural = (count, what) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;

/** @param {State} state @param {Status} status */
export function drawStatus(state, status) {
  const { count, streams, total, news, connected, paused, loading, done, newest, failed, again } = status;
  const inLines = viewOf(state) === 'lines';
  const all = total === undefined ? '' : short(total);
  const lines =
    all === '' || done
      ? `${plural(count, 'line')}${done || count === 0 ? '' : ' so far'}`
      : `${count === 0 ? '' : `${count.toLocaleString('en')} of `}${all} lines`;
  const found = inLines ? lines : `${plural(streams, 'stream')}${all === '' ? '' : `, ${all} lines`}`;
  element('summary').textContent = failed ? '' : found;
  const [text, now] = !connected ? ['Reconnecting…', 'lost'] : paused ? ['Paused', 'paused'] : ['Live', 'on'];
  element('live-text').textContent = state.live ? text : 'Live';
  element('live').dataset['state'] = state.live ? now : '';
  element('news').hidden = !inLines || news === 0;
  element('news').textContent = `${newest === 'top' ? '↑' : '↓'} ${news.toLocaleString('en')} new`;
  const more = element('more');
  if (again) {
    const button = h('button', { type: 'button', onclick: again }, 'Try again');
    more.replaceChildren('More could not be loaded. ', button);
  } else more.textContent = loading ? 'Loading…' : done && count > 0 && !state.live ? 'That is all in this time.' : '';
}

/** Tells those who hear the page instead of seeing it. @param {string} text */
export function say(text) {
  const said = element('said');
  said.textContent = '';
  // The same text again is told again only if it was gone in between.
  setTimeout(() => (said.textContent = text), 50);
}
