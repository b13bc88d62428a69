/** @import { Filter, State } from './state.js' */
/** @import { Entry } from './entry.js' */
/** @import { Volume } from './volume.js' */
import { counts, Refused } from './api.js';
import { drawChips } from './chips.js';
import { createDownload, copy } from './download.js';
import { byId } from './element.js';
import { levelNames } from './entry.js';
import { createFields } from './fields.js';
import { drawHelp } from './help.js';
import { createHistogram } from './histogram.js';
import { listenToKeys } from './keys.js';
import { createLines } from './lines.js';
import { drawFailure, drawNothing } from './outcome.js';
import { drawMessage } from './message.js';
import { keepPreferences, readPreferences } from './preferences.js';
import { askable, selection } from './query.js';
import { createRange } from './range.js';
import { onlyValue, readState, viewOf, withoutValue, withValue, writeState } from './state.js';
import { createStreams } from './streams.js';
import { markPattern } from './terms.js';
import { dayOf, describeRange, duration, instant, iso } from './time.js';
import { drawVolumeBar, moved } from './volume-bar.js';
import { short, volumeOf } from './volume.js';

const element = (/** @type {string} */ id) => byId(id, HTMLElement);
const box = byId('q', HTMLInputElement);
const help = byId('help', HTMLDialogElement);
const preferences = readPreferences();

let state = readState(location.search);
let controller = new AbortController();
/** @type {Volume | undefined} */
let volume;
let volumeProblem = '';
let volumeBy = 'stream';
let failedMore = /** @type {(() => void) | undefined} */ (undefined);

/** Goes on to another state, which gets its place in the history. @param {Partial<State>} change */
function go(change) {
  // The neighbours of a line are left with whatever else is asked for.
  const next = { ...state, at: '', line: '', ...change };
  if (next.live && (next.to !== 'now' || duration(next.from) === undefined))
    Object.assign(next, { from: '1h', to: 'now' });
  const address = writeState(next);
  if (address !== writeState(state)) history.pushState('inside', '', address);
  state = next;
  void run();
}

/** @param {(filters: Filter[]) => Filter[]} change */
const filter = (change) => go({ filters: change(state.filters) });

/** A line among what the same source wrote before and after it. @param {Entry} entry @returns {State} */
function aroundState({ source, ms, time, cursor }) {
  const pod = source.fields.some(([name]) => name === 'pod');
  const names = pod ? ['namespace', 'pod', 'container'] : source.fields.map(([name]) => name);
  const fields = source.fields.filter(([name]) => names.includes(name) && askable(name));
  const filters = fields.map(([name, value]) => ({ name, op: /** @type {const} */ ('='), values: [value] }));
  const range = { from: iso(ms - 3_600_000), to: iso(ms + 3_600_000) };
  return { ...state, ...range, filters, q: '', at: time, line: cursor, live: false, view: '' };
}

/** @param {string} text */
function say(text) {
  const said = element('said');
  said.textContent = '';
  setTimeout(() => (said.textContent = text), 50);
}

const lines = createLines(
  { scroller: element('scroller'), canvas: element('canvas') },
  {
    loaded() {
      element('message').hidden = true;
      drawView('lines');
    },
    changed: drawStatus,
    failed(error, again) {
      failedMore = again;
      say(error instanceof Error ? error.message : String(error));
      drawStatus();
    },
    actions: {
      only: (name, value) => filter((filters) => onlyValue(filters, name, value)),
      not: (name, value) => filter((filters) => withValue(withoutValue(filters, name, value), name, '!=', value)),
      around: (entry) => go(aroundState(entry)),
      link: (entry) => new URL(writeState(aroundState(entry)), location.href).href,
      close: (entry) => lines.close(entry),
      copy: (text, what) =>
        void copy(text).then((done) => say(done ? `${what} copied.` : 'The browser doesn’t allow to copy.')),
    },
  },
);
const streams = createStreams(element('streams'));
const fields = createFields(
  element('fields'),
  {
    filter,
    opened(open) {
      preferences.open = open;
      keepPreferences(preferences);
    },
    closed: showFields,
  },
  preferences.open,
);
const histogram = createHistogram(element('histogram'), (from, to) =>
  go({ from: iso(from), to: iso(to), live: false }),
);
const range = createRange(element('range-choice'), element('range'), (range) => go({ ...range, live: false }));
createDownload(element('download-choice'), element('download'), () => ({
  entries: lines.entries(),
  state,
  range: lines.status().range,
}));

/** How lines look in this state. */
function look() {
  const now = Date.now();
  const { wrap, utc } = preferences;
  const days = dayOf(instant(state.from, now), utc) !== dayOf(instant(state.to, now), utc);
  return { wrap, utc, days, mark: markPattern(state.q), line: state.line };
}

/** Asks for all that the state says, and shows it. */
async function run() {
  controller.abort(new Error('another search'));
  controller = new AbortController();
  const { signal } = controller;
  failedMore = undefined;
  drawControls();
  element('content').setAttribute('aria-busy', 'true');
  element('progress').hidden = false;
  element('volume').setAttribute('aria-busy', 'true');
  const view = viewOf(state);
  if (view === 'streams') lines.halt();
  try {
    const named = surround(signal);
    if (view === 'lines') await lines.show(state, look());
    else await streams.show(state, { from: state.from, to: state.to }, await named, preferences.utc, signal);
    if (signal.aborted) return;
    element('message').hidden = true;
    drawView(view);
    const empty = view === 'lines' ? lines.entries().length === 0 : streams.count() === 0;
    if (empty && state.live) drawMessage(element('message'), { title: 'Waiting for lines…' });
    else if (empty) await drawNothing(element('message'), state, preferences.utc, ways, signal);
    else say(view === 'lines' ? `${lines.entries().length} lines` : `${streams.count()} streams`);
  } catch (error) {
    if (signal.aborted) return;
    drawView(view);
    showFailure(error, signal);
  } finally {
    if (!signal.aborted) {
      element('content').setAttribute('aria-busy', 'false');
      element('progress').hidden = true;
      drawStatus();
    }
  }
}

const ways = { go, again: () => void run(), range: element('range') };

/** @param {unknown} error @param {AbortSignal} signal */
function showFailure(error, signal) {
  const known = error instanceof Refused ? error : undefined;
  const search = known?.problems.find(({ parameter }) => parameter === 'q');
  element('q-problem').hidden = search === undefined;
  element('q-problem').textContent = search ? `${search.problem}.` : '';
  box.setAttribute('aria-invalid', String(search !== undefined));
  drawFailure(element('message'), error, ways);
  // What may be over by itself is tried again.
  if (known?.status === 0 || known?.status === 503) setTimeout(() => signal.aborted || void run(), 5000);
}

/** What stands around the lines: names to choose from, and how many lines there are. Gives the names. @param {AbortSignal} signal */
async function surround(signal) {
  let names = fields.names();
  try {
    await fields.show(state, { from: state.from, to: state.to });
    names = fields.names();
  } catch {
    // Without them it goes on with those that were there before; what is the matter is told where the lines should be.
  }
  if (signal.aborted) return names;
  void countVolume(signal);
  if (state.live) {
    const again = setInterval(() => {
      if (signal.aborted) clearInterval(again);
      else if (!document.hidden) void countVolume(signal);
    }, 10_000);
  }
  return names;
}

/** @param {AbortSignal} signal */
async function countVolume(signal) {
  const names = fields.names();
  const by = state.by || levelNames.find((name) => names.includes(name)) || 'stream';
  const query = selection(state);
  query.set('by', by);
  query.set('steps', String(Math.max(20, Math.min(160, Math.floor(element('histogram').clientWidth / 8)))));
  query.set('limit', '1000');
  try {
    const found = await counts(query, signal);
    const time = { from: Date.parse(found.from), to: Date.parse(found.to) };
    volume = volumeOf(found.counts, by, { ...time, step: duration(found.step ?? '') ?? (time.to - time.from || 1) });
    volumeProblem = '';
    volumeBy = by;
    histogram.show(volume, by, preferences.utc);
  } catch (error) {
    if (signal.aborted) return;
    volume = undefined;
    volumeProblem = error instanceof Refused && error.status === 400 ? '' : String(Object(error).message);
  }
  drawVolume();
  drawStatus();
}

function drawVolume() {
  element('volume').setAttribute('aria-busy', 'false');
  const names = fields.names().filter(askable);
  drawVolumeBar(
    element('volume-bar'),
    { volume, by: volumeBy, names: names.length > 0 ? names : ['stream'], problem: volumeProblem },
    {
      only: (name, value) => filter((filters) => onlyValue(filters, name, value)),
      by: (name) => go({ by: name }),
      move: (move) => go({ ...moved(state, move, Date.now()), live: false }),
    },
  );
}

/** @param {'lines' | 'streams'} view */
function drawView(view) {
  element('lines').hidden = view !== 'lines';
  element('streams').hidden = view !== 'streams';
}

function drawControls() {
  const { q, from, to, filters, live, order } = state;
  const { utc, wrap } = preferences;
  const view = viewOf(state);
  if (document.activeElement !== box || box.value.trim() === '') box.value = q;
  element('q-problem').hidden = true;
  box.removeAttribute('aria-invalid');
  drawChips(element('chips'), filters, filter);
  range.show({ from, to, utc });
  element('range').textContent = describeRange(from, to, utc);
  element('live').setAttribute('aria-pressed', String(live));
  element('view-lines').setAttribute('aria-pressed', String(view === 'lines'));
  element('view-streams').setAttribute('aria-pressed', String(view === 'streams'));
  for (const one of document.querySelectorAll('.lines-only'))
    if (one instanceof HTMLElement) one.hidden = view !== 'lines';
  element('order').textContent = order === 'newest' ? 'Newest first' : 'Oldest first';
  element('wrap').setAttribute('aria-pressed', String(wrap));
  element('utc').textContent = utc ? 'UTC' : 'Local time';
  element('utc').setAttribute('aria-pressed', String(utc));
  const theme = preferences.theme || 'as the system';
  element('theme').setAttribute('aria-label', `Colours: ${theme}`);
  element('theme').title = `Colours: ${theme}`;
  element('theme').textContent = { '': '◐', light: '☀', dark: '☾' }[preferences.theme];
  if (preferences.theme === '') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = preferences.theme;
  document.title = [q, ...filters.flatMap(({ values }) => values), 'Logs'].filter((text) => text !== '').join(' · ');
  document.body.dataset['fields'] = String(showsFields);
  element('fields-toggle').setAttribute('aria-pressed', String(showsFields));
}

/** What changes while the same state is shown. */
function drawStatus() {
  const view = viewOf(state);
  const { count, news, connected, paused, loading, done, newest } = lines.status();
  const total = volume ? short(volume.total) : undefined;
  const of = total === undefined || done ? '' : ` of ${total}`;
  element('summary').textContent =
    view === 'lines'
      ? `${count.toLocaleString('en')}${of} line${count === 1 ? '' : 's'}`
      : `${streams.count().toLocaleString('en')} streams${total === undefined ? '' : `, ${total} lines`}`;
  element('live-text').textContent = !state.live ? 'Live' : !connected ? 'Reconnecting…' : paused ? 'Paused' : 'Live';
  element('live').dataset['state'] = !state.live ? '' : !connected ? 'lost' : paused ? 'paused' : 'on';
  element('news').hidden = view !== 'lines' || news === 0;
  element('news').textContent = `${newest === 'top' ? '↑' : '↓'} ${news.toLocaleString('en')} new`;
  if (state.live && count > 0) element('message').hidden = true;
  const more = element('more');
  more.replaceChildren(
    failedMore
      ? 'More could not be loaded. '
      : loading
        ? 'Loading…'
        : done && count > 0
          ? 'That is all in this time.'
          : '',
  );
  if (!failedMore) return;
  const again = document.createElement('button');
  again.textContent = 'Try again';
  again.addEventListener('click', () => {
    const run = failedMore;
    failedMore = undefined;
    run?.();
  });
  more.append(again);
}

const isNarrow = () => matchMedia('(max-width: 799px)').matches;
let showsFields = preferences.fields && !isNarrow();

/** @param {Partial<typeof preferences>} change */
function prefer(change) {
  Object.assign(preferences, change);
  keepPreferences(preferences);
  drawControls();
}

function wrap() {
  prefer({ wrap: !preferences.wrap });
  lines.redraw({ wrap: preferences.wrap });
}

function zone() {
  prefer({ utc: !preferences.utc });
  lines.redraw(look());
  if (volume) histogram.show(volume, volumeBy, preferences.utc);
}

function showFields() {
  showsFields = !showsFields;
  prefer(isNarrow() ? {} : { fields: showsFields });
}

const live = () => go({ live: !state.live });
const refresh = () => void run();
const openHelp = () => {
  drawHelp(help);
  help.showModal();
};
/** @type {Readonly<Record<string, () => void>>} */
const clicks = {
  live: () => (state.live && lines.status().news > 0 ? lines.resume() : live()),
  news: () => lines.resume(),
  refresh,
  wrap,
  utc: zone,
  order: () => go({ order: state.order === 'newest' ? 'oldest' : 'newest', at: state.at, line: state.line }),
  theme: () => prefer({ theme: /** @type {const} */ ({ '': 'light', light: 'dark', dark: '' })[preferences.theme] }),
  'help-open': openHelp,
  'fields-toggle': showFields,
  'view-lines': () => go({ view: 'lines' }),
  'view-streams': () => go({ view: 'streams', live: false }),
};
for (const [id, run] of Object.entries(clicks)) element(id).addEventListener('click', run);

element('search').addEventListener('submit', (event) => {
  event.preventDefault();
  box.blur();
  go({ q: box.value.trim(), view: state.view === 'streams' && box.value.trim() !== '' ? '' : state.view });
});
addEventListener('popstate', () => {
  state = readState(location.search);
  box.value = state.q;
  void run();
});
// Links of the page itself lead to another state, without loading the page again.
document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[data-go]') : undefined;
  if (!(link instanceof HTMLAnchorElement) || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  event.preventDefault();
  go(readState(new URL(link.href).search));
});

const inLines = () => viewOf(state) === 'lines';
listenToKeys({
  '/': () => {
    box.focus();
    box.select();
  },
  j: () => inLines() && lines.move(1),
  k: () => inLines() && lines.move(-1),
  ArrowDown: () => inLines() && lines.move(1),
  ArrowUp: () => inLines() && lines.move(-1),
  Enter: () => inLines() && lines.toggleSelected(),
  Escape: () => {
    if (showsFields && isNarrow()) {
      showFields();
      return true;
    }
    if (inLines() && lines.back()) return true;
    if (state.at === '') return false;
    // Who came by a link to the line has no page of ours behind this one.
    if (history.state === 'inside') history.back();
    else go({});
    return true;
  },
  c: () => {
    const entry = lines.selected();
    if (entry) go(aroundState(entry));
  },
  g: () => void (element('scroller').scrollTop = 0),
  t: live,
  w: wrap,
  u: zone,
  z: () => go({ ...moved(state, 'wider', Date.now()), live: false }),
  r: refresh,
  f: showFields,
  '?': openHelp,
});

box.value = state.q;
void run();
