/**
 * Keys of the whole page, as long as nobody types and no dialog is open.
 *
 * @param {Readonly<Record<string, () => boolean | void>>} keys By `key` of the event; false: not for us now.
 */
export function listenToKeys(keys) {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || document.querySelector('dialog[open], [popover]:popover-open')) return;
    const typing = target.matches('input, textarea, select');
    if (typing && key === 'Escape') {
      target.blur();
      event.preventDefault();
      return;
    }
    // Enter and the arrows belong to what has the focus, if it does something with them.
    const inside = target.closest('button, a, summary, [role=slider]') !== null;
    if (typing || (inside && /^(Enter|Arrow.*)$/.test(key))) return;
    const run = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (run && run() !== false) event.preventDefault();
  });
}
