/** @import { Filter, State } from './state.js' */
import { Refused } from './api.js';
import { aroundLine } from './around.js';
import { drawChips } from './chips.js';
import { drawControls, drawStatus, say } from './controls.js';
import { createDownload, copy } from './download.js';
import { byId } from './element.js';
import { createFields } from './fields.js';
import { drawHelp } from './help.js';
import { listen } from './keys.js';
import { createLines } from './lines.js';
import { drawFailure, drawNothing } from './outcome.js';
import { drawMessage } from './message.js';
import { createPlace } from './place.js';
import { keepPreferences, readPreferences } from './preferences.js';
import { createRange } from './range.js';
import { onlyValue, viewOf, withoutValue, withValue, writeState } from './state.js';
import { createStreams } from './streams.js';
import { markPattern } from './terms.js';
import { dayOf, instant, iso } from './time.js';
import { moved } from './volume-bar.js';
import { createVolumePanel } from './volume-panel.js';

const element = (/** @type {string} */ id) => byId(id, HTMLElement);
const box = byId('q', HTMLInputElement);
const help = byId('help', HTMLDialogElement);
const preferences = readPreferences();

const place = createPlace((next) => {
  state = next;
  void run();
});
const { go } = place;
let { state } = place;
let controller = new AbortController();
let failedMore = /** @type {(() => void) | undefined} */ (undefined);

/** @param {(filters: Filter[]) => Filter[]} change */
const filter = (change) => go({ filters: change(state.filters) });

const lines = createLines(
  { scroller: element('scroller'), canvas: element('canvas') },
  {
    loaded() {
      element('message').hidden = true;
      drawView('lines');
    },
    changed: tell,
    failed(error, again) {
      failedMore = () => {
        failedMore = undefined;
        again();
      };
      say(error instanceof Error ? error.message : String(error));
      tell();
    },
    actions: {
      only: (name, value) => filter((filters) => onlyValue(filters, name, value)),
      not: (name, value) => filter((filters) => withValue(withoutValue(filters, name, value), name, '!=', value)),
      around: (entry) => go(aroundLine(entry, state)),
      link: (entry) => new URL(writeState(aroundLine(entry, state)), location.href).href,
      close: (entry) => lines.chosen.close(entry),
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
const volume = createVolumePanel({
  choose: (from, to) => go({ from: iso(from), to: iso(to), live: false }),
  only: (name, value) => filter((filters) => onlyValue(filters, name, value)),
  by: (name) => go({ by: name }),
  move: (move) => go({ ...moved(state, move, Date.now()), live: false }),
});
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
  draw();
  element('q-problem').hidden = true;
  box.removeAttribute('aria-invalid');
  element('content').setAttribute('aria-busy', 'true');
  element('progress').hidden = false;
  volume.busy();
  const view = viewOf(state);
  if (view === 'streams') lines.halt();
  try {
    const named = surround(signal);
    if (view === 'lines') await lines.show(state, look);
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
      tell();
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
  const count = () => void volume.show(state, names, preferences.utc, signal).then(tell);
  count();
  if (state.live) {
    const again = setInterval(() => {
      if (signal.aborted) clearInterval(again);
      else if (!document.hidden) count();
    }, 10_000);
  }
  return names;
}

/** @param {'lines' | 'streams'} view */
function drawView(view) {
  element('lines').hidden = view !== 'lines';
  element('streams').hidden = view !== 'streams';
}

/** Shows in the controls what is asked for. */
function draw() {
  const { q, from, to, filters } = state;
  if (document.activeElement !== box || box.value.trim() === '') box.value = q;
  drawChips(element('chips'), filters, filter);
  range.show({ from, to, utc: preferences.utc });
  drawControls(state, preferences);
  document.body.dataset['fields'] = String(showsFields);
  element('fields-toggle').setAttribute('aria-pressed', String(showsFields));
}

/** Shows how far it is. */
function tell() {
  const status = lines.status();
  drawStatus(state, { ...status, streams: streams.count(), total: volume.total(), again: failedMore });
  if (state.live && status.count > 0) element('message').hidden = true;
}

const isNarrow = () => matchMedia('(max-width: 799px)').matches;
let showsFields = preferences.fields && !isNarrow();

/** @param {Partial<typeof preferences>} change */
function prefer(change) {
  Object.assign(preferences, change);
  keepPreferences(preferences);
  draw();
}

function showFields() {
  showsFields = !showsFields;
  prefer(isNarrow() ? {} : { fields: showsFields });
}

element('search').addEventListener('submit', (event) => {
  event.preventDefault();
  box.blur();
  go({ q: box.value.trim(), view: state.view === 'streams' && box.value.trim() !== '' ? '' : state.view });
});

const inLines = () => viewOf(state) === 'lines';
listen({
  search() {
    box.focus();
    box.select();
  },
  next: () => inLines() && lines.chosen.move(1),
  previous: () => inLines() && lines.chosen.move(-1),
  open: () => inLines() && lines.chosen.toggle(),
  leave() {
    if (showsFields && isNarrow()) showFields();
    else if (inLines() && lines.chosen.back()) return true;
    else if (state.at === '') return false;
    else place.leave();
    return true;
  },
  around() {
    const entry = lines.chosen.entry();
    if (entry) go(aroundLine(entry, state));
  },
  top: () => void (element('scroller').scrollTop = 0),
  live: () => (state.live && lines.status().news > 0 ? lines.resume() : go({ live: !state.live, view: 'lines' })),
  news: () => lines.resume(),
  wrap() {
    prefer({ wrap: !preferences.wrap });
    lines.redraw({ wrap: preferences.wrap });
  },
  zone() {
    prefer({ utc: !preferences.utc });
    lines.redraw(look());
    volume.redraw(preferences.utc);
  },
  wider: () => go({ ...moved(state, 'wider', Date.now()), live: false }),
  refresh: () => void run(),
  order: () => go({ order: state.order === 'newest' ? 'oldest' : 'newest', at: state.at, line: state.line }),
  theme: () => prefer({ theme: /** @type {const} */ ({ '': 'light', light: 'dark', dark: '' })[preferences.theme] }),
  fields: showFields,
  lines: () => go({ view: 'lines' }),
  streams: () => go({ view: 'streams', live: false }),
  help() {
    drawHelp(help);
    help.showModal();
  },
});

box.value = state.q;
void run();
