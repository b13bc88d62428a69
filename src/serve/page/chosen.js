/** @import { Entry } from './entry.js' */
/** @import { createList } from './list.js' */

/**
 * Which line has the keyboard, and which lines are open.
 *
 * @param {object} parts
 * @param {HTMLElement} parts.scroller
 * @param {HTMLElement} parts.canvas
 * @param {() => ReturnType<typeof createList>} parts.list
 * @param {() => readonly Entry[]} parts.entries
 * @param {() => void} changed
 */
export function createChosen({ scroller, canvas, list, entries }, changed) {
  /** A cursor; empty for none. */
  let selected = '';
  /** Cursors. @type {Set<string>} */
  const open = new Set();

  /** @param {string} cursor */
  const indexOf = (cursor) => (cursor === '' ? -1 : entries().findIndex((entry) => entry.cursor === cursor));

  /** @param {Element} target */
  const rowOf = (target) => {
    const element = target.closest('[role=row]');
    return element && canvas.contains(element) ? Number(element.getAttribute('aria-rowindex')) - 1 : -1;
  };

  function unselect() {
    const index = indexOf(selected);
    selected = '';
    const old = index < 0 ? undefined : list().element(index);
    old?.setAttribute('tabindex', '-1');
    old?.removeAttribute('aria-selected');
  }

  /** @param {number} index */
  function select(index) {
    const entry = entries()[index];
    if (!entry) return;
    unselect();
    selected = entry.cursor;
    list().reveal(index);
    const element = list().element(index);
    element?.setAttribute('tabindex', '0');
    element?.setAttribute('aria-selected', 'true');
    element?.focus({ preventScroll: true });
    changed();
  }

  /** @param {number} index */
  function toggle(index) {
    const cursor = entries()[index]?.cursor;
    if (cursor === undefined) return;
    if (!open.delete(cursor)) open.add(cursor);
    list().redraw(index);
  }

  /** The first line that can be seen whole. */
  function firstVisible() {
    const top = scroller.getBoundingClientRect().top - 1;
    for (const element of canvas.querySelectorAll('[role=row]'))
      if (element.getBoundingClientRect().top >= top) return rowOf(element);
    return 0;
  }

  canvas.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element) || target.closest('.detail')) return;
    // Who marks a text to copy it doesn't want the line to open.
    if (getSelection()?.isCollapsed === false) return;
    const index = rowOf(target);
    if (index < 0) return;
    select(index);
    toggle(index);
  });

  return {
    /** @param {string} cursor */
    is: (cursor) => ({ selected: cursor === selected, open: open.has(cursor) }),
    any: () => selected !== '',
    indexOf,
    unselect,
    clear() {
      selected = '';
      open.clear();
    },
    /** To the next line, or the one before. @param {1 | -1} by */
    move(by) {
      const index = indexOf(selected);
      const next = index < 0 ? firstVisible() : index + by;
      select(Math.max(0, Math.min(entries().length - 1, next)));
    },
    toggle() {
      const index = indexOf(selected);
      if (index >= 0) toggle(index);
    },
    /** Closes the selected line, then lets it go; false if there was nothing to do. */
    back() {
      const index = indexOf(selected);
      if (index < 0) return false;
      if (open.has(selected)) toggle(index);
      else {
        unselect();
        scroller.focus({ preventScroll: true });
        changed();
      }
      return true;
    },
    entry: () => entries()[indexOf(selected)],
    /** @param {Entry} entry */
    close({ cursor }) {
      const index = indexOf(cursor);
      if (open.has(cursor)) toggle(index);
      select(index);
    },
  };
}
