import { actionsOf } from './actions.js';
import { aroundLine } from './around.js';
import { createAsking } from './asking.js';
import { now } from './clock.js';
import { say } from './controls.js';
import { copy } from './copy.js';
import { createDownload } from './download.js';
import { byId } from './element.js';
import { createFields } from './fields.js';
import { createFrame } from './frame.js';
import { listen } from './keys.js';
import { createLines } from './lines.js';
import { createPlace } from './place.js';
import { keepPreferences } from './preferences.js';
import { createRange } from './range.js';
import { createSignIn } from './sign-in.js';
import { onlyValue, withoutValue, withValue, writeState } from './state.js';
import { createStreams } from './streams.js';
import { iso } from './time.js';
import { moved } from './volume-bar.js';
import { createVolumePanel } from './volume-panel.js';

const element = (/** @type {string} */ id) => byId(id, HTMLElement);
const box = byId('q', HTMLInputElement);

const ask = () => void asking.run();
const place = createPlace(ask);
const { go, filter, state } = place;
const frame = createFrame(place, () => range);
const range = createRange(element('range-choice'), element('range'), (chosen) => go({ ...chosen, live: false }));

/** @param {string} name @param {string} value */
const only = (name, value) => filter((filters) => onlyValue(filters, name, value));

const lines = createLines(
  { scroller: element('scroller'), canvas: element('canvas') },
  {
    loaded: () => asking.loaded(),
    changed: () => asking.tell(),
    again: ask,
    failed: (error, again) => asking.failed(error, again),
    actions: {
      only,
      not: (name, value) => filter((filters) => withValue(withoutValue(filters, name, value), name, '!=', value)),
      around: (entry) => go(aroundLine(entry, state())),
      link: (entry) => new URL(writeState(aroundLine(entry, state())), location.href).href,
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
      frame.preferences.open = open;
      keepPreferences(frame.preferences);
    },
    closed: frame.toggleFields,
  },
  frame.preferences.open,
);
const volume = createVolumePanel({
  choose: (from, to) => go({ from: iso(from), to: iso(to), live: false }),
  only,
  by: (name) => go({ by: name }),
  move: (move) => go({ ...moved(state(), move, now()), live: false }),
});
const shown = () => ({ entries: lines.entries(), state: state(), range: lines.status().range });
createDownload(element('download-choice'), element('download'), shown, say);
const parts = { place, frame, lines, streams, fields, volume };
const asking = createAsking(parts);

element('search').addEventListener('submit', (event) => {
  event.preventDefault();
  box.blur();
  const q = box.value.trim();
  go({ q, view: state().view === 'streams' && q !== '' ? '' : state().view });
});
listen(actionsOf(parts, ask));
createSignIn({ dialog: byId('sign-in', HTMLDialogElement), out: element('sign-out') }, () => {
  element('message').hidden = true;
  ask();
});

ask();
