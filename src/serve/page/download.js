/** @import { Entry } from './entry.js' */
/** @import { State } from './state.js' */
import { reach } from './api.js';
import { credentials } from './credentials.js';
import { toJson } from './detail.js';
import { h } from './element.js';
import { selection } from './query.js';
import { size } from './volume.js';

const exported = 'logs.ndjson.gz';

/**
 * @param {HTMLElement} root A popover.
 * @param {HTMLElement} button
 * @param {() => { entries: readonly Entry[], state: State, range: { from: string, to: string } | undefined }} shown
 * @param {(text: string) => void} say
 */
export function createDownload(root, button, shown, say) {
  /** What is on its way, to be given up. @type {AbortController | undefined} */
  let fetching;

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
      whole(all),
    );
    // It has a width now, and has not been painted yet.
    requestAnimationFrame(() => {
      const { bottom, right } = button.getBoundingClientRect();
      root.style.setProperty('--top', `${bottom + 6}px`);
      root.style.left = `${Math.max(8, right - root.offsetWidth)}px`;
      root.querySelector('button')?.focus();
    });
  });
  root.addEventListener('click', () => root.hidePopover());

  /** All lines, from the server. @param {URLSearchParams} query */
  function whole(query) {
    const text = 'All lines of this search, compressed';
    if (fetching)
      return h(
        'button',
        { type: 'button', onclick: () => fetching?.abort(new Error('given up')) },
        'Stop the download',
      );
    // The browser itself writes them to the disk as they come in; but it can't send along what lets in here.
    if (!credentials()) return h('a', { href: `api/export?${query.toString()}`, download: exported }, text);
    return h('button', { type: 'button', onclick: () => void take(query) }, text);
  }

  /** @param {URLSearchParams} query */
  async function take(query) {
    const controller = new AbortController();
    fetching = controller;
    const label = button.textContent;
    try {
      const { body } = await reach('api/export', query, controller);
      let bytes = 0;
      const counted = new TransformStream({
        /** @param {Uint8Array} piece @param {TransformStreamDefaultController<Uint8Array>} out */
        transform(piece, out) {
          bytes += piece.length;
          button.textContent = `${label}: ${size(bytes)}`;
          out.enqueue(piece);
        },
      });
      offer(await new Response(body?.pipeThrough(counted)).blob(), exported);
    } catch (error) {
      if (!controller.signal.aborted) say(`Not downloaded: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      fetching = undefined;
      button.textContent = label;
    }
  }
}

/** @param {readonly Entry[]} entries @param {string} name @param {(entry: Entry) => string} line */
const save = (entries, name, line) => offer(new Blob(entries.map((entry) => `${line(entry)}\n`)), name);

/** @param {Blob} blob @param {string} name */
function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
