/** @import { Entry } from './entry.js' */
/** @import { State } from './state.js' */
import { toJson } from './detail.js';
import { h } from './element.js';
import { selection } from './query.js';

/**
 * @param {HTMLElement} root A popover.
 * @param {HTMLElement} button
 * @param {() => { entries: readonly Entry[], state: State, range: { from: string, to: string } | undefined }} shown
 */
export function createDownload(root, button, shown) {
  root.addEventListener('beforetoggle', (event) => {
    if (event.newState !== 'open') return;
    const { entries, state, range } = shown();
    const count = entries.length.toLocaleString('en');
    /** @param {string} text @param {string} name @param {(entry: Entry) => string} line */
    const local = (text, name, line) =>
      h('button', { type: 'button', disabled: entries.length === 0, onclick: () => save(entries, name, line) }, text);
    const all = selection({ ...state, ...(range && range.to !== '' && range) });
    all.set('format', 'gzip');
    root.replaceChildren(
      local(`These ${count} lines as text`, 'logs.txt', ({ time, log, source }) => `${time} ${source.title} ${log}`),
      local(`These ${count} lines as JSON lines`, 'logs.ndjson', (entry) => JSON.stringify(toJson(entry))),
      h(
        'a',
        { href: `api/export?${all.toString()}`, download: 'logs.ndjson.gz' },
        'All lines of this search, compressed',
      ),
    );
  });
  root.addEventListener('toggle', (event) => {
    if (event.newState !== 'open') return;
    const { bottom, right } = button.getBoundingClientRect();
    root.style.top = `${bottom + 6}px`;
    root.style.left = `${Math.max(8, right - root.offsetWidth)}px`;
    root.querySelector('button')?.focus();
  });
  root.addEventListener('click', () => root.hidePopover());
}

/** @param {readonly Entry[]} entries @param {string} name @param {(entry: Entry) => string} line */
function save(entries, name, line) {
  const url = URL.createObjectURL(new Blob(entries.map((entry) => `${line(entry)}\n`)));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Copies a text; false if the browser doesn't allow it. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS there is no clipboard but the old way.
    const area = h('textarea', { class: 'hidden', 'aria-hidden': true });
    area.value = text;
    const active = document.activeElement;
    document.body.append(area);
    area.select();
    // oxlint-disable-next-line no-deprecated -- there is no other one where this runs
    const done = document.execCommand('copy');
    area.remove();
    if (active instanceof HTMLElement) active.focus({ preventScroll: true });
    return done;
  }
}
