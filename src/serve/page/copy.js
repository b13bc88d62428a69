import { h } from './element.js';

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
