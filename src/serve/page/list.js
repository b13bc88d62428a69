/**
 * @typedef {object} Rows What a list shows; the list asks for what it needs.
 * @property {() => number} count
 * @property {(index: number) => string} key The same for the same row, wherever it is.
 * @property {(index: number) => number} estimate Pixels, as good as can be told without drawing.
 * @property {(index: number) => HTMLElement} draw
 * @property {(first: number, last: number) => void} shown Called after each drawing.
 */

/** Pixels above and below the visible part that are drawn too. */
const margin = 400;

/**
 * A list of any length: only what can be seen is in the document. Rows may have any height; what stands on top stays
 * where it is when rows above it come, go, or turn out to be higher than they seemed.
 *
 * @param {HTMLElement} scroller
 * @param {HTMLElement} canvas
 * @param {Rows} rows
 */
export function createList(scroller, canvas, rows) {
  /** @type {number[]} */
  let heights = [];
  /** @type {Map<string, HTMLElement>} */
  const drawn = new Map();
  /** @type {WeakMap<Element, number>} */
  const indexes = new WeakMap();
  let frame = 0;

  /** @param {number} index */
  const offset = (index) => {
    let sum = 0;
    for (let at = 0; at < index; at++) sum += heights[at] ?? 0;
    return sum;
  };
  /** The row at a place, and where it begins. @param {number} top @returns {[index: number, offset: number]} */
  const rowAt = (top) => {
    let sum = 0;
    for (let at = 0; at < heights.length; at++) {
      const next = sum + (heights[at] ?? 0);
      if (next > top) return [at, sum];
      sum = next;
    }
    return [Math.max(0, heights.length - 1), sum];
  };

  const observer = new ResizeObserver((changes) => {
    let above = 0;
    let changed = false;
    const [first] = rowAt(scroller.scrollTop);
    for (const { target, borderBoxSize } of changes) {
      const index = indexes.get(target);
      const height = borderBoxSize[0]?.blockSize ?? 0;
      const known = index === undefined ? undefined : heights[index];
      if (index === undefined || known === undefined || height === 0 || Math.abs(known - height) < 0.5) continue;
      heights[index] = height;
      changed = true;
      if (index < first) above += height - known;
    }
    if (!changed) return;
    if (above !== 0) moveBy(above);
    draw();
  });

  /** @param {number} pixels */
  function moveBy(pixels) {
    canvas.style.height = `${offset(heights.length)}px`;
    scroller.scrollTop += pixels;
  }

  function draw() {
    cancelAnimationFrame(frame);
    frame = 0;
    canvas.style.height = `${offset(heights.length)}px`;
    const top = scroller.scrollTop;
    const bottom = top + scroller.clientHeight;
    const [start, begin] = rowAt(Math.max(0, top - margin));
    const wanted = new Set();
    let place = begin;
    let [first, last] = [start, start];
    /** @type {HTMLElement | undefined} */
    let previous;
    for (let at = start; at < heights.length && place < bottom + margin; at++) {
      previous = put(at, place, previous);
      wanted.add(rows.key(at));
      if (place + (heights[at] ?? 0) <= top) first = at + 1;
      if (place < bottom) last = at;
      place += heights[at] ?? 0;
    }
    for (const [key, element] of drawn) {
      // Where someone is with the keyboard stays in the document.
      if (wanted.has(key) || element.contains(document.activeElement)) continue;
      observer.unobserve(element);
      element.remove();
      drawn.delete(key);
    }
    rows.shown(first, last);
  }

  /** @param {number} index @param {number} place @param {HTMLElement | undefined} previous */
  function put(index, place, previous) {
    const key = rows.key(index);
    let element = drawn.get(key);
    if (!element) {
      element = rows.draw(index);
      drawn.set(key, element);
      // Readers and the Tab key go by the order in the document.
      if (previous) previous.after(element);
      else canvas.prepend(element);
      observer.observe(element);
    }
    indexes.set(element, index);
    element.setAttribute('aria-rowindex', String(index + 1));
    element.style.transform = `translateY(${place}px)`;
    return element;
  }

  const later = () => {
    frame ||= requestAnimationFrame(draw);
  };
  scroller.addEventListener('scroll', later, { passive: true });
  new ResizeObserver(later).observe(scroller);

  return {
    /** Rows were put in at the top or the bottom, or taken away there (a negative count). @param {{ top?: number, bottom?: number }} change */
    changed({ top = 0, bottom = 0 }) {
      let moved = 0;
      if (top < 0) for (const height of heights.splice(0, -top)) moved -= height;
      if (bottom < 0) heights.length = Math.max(0, heights.length + bottom);
      const more = Array.from({ length: Math.max(0, top) }, (_, index) => rows.estimate(index));
      for (const height of more) moved += height;
      if (more.length > 0) heights = [...more, ...heights];
      while (heights.length < rows.count()) heights.push(rows.estimate(heights.length));
      // At its very top a list that grows there shows what is new.
      if (moved !== 0 && scroller.scrollTop > 0) moveBy(moved);
      draw();
    },
    /** All rows are others, or look different. @param {{ keep?: boolean }} [how] `keep`: what stands on top stays there. */
    reset({ keep = false } = {}) {
      const [first, begin] = rowAt(scroller.scrollTop);
      const rest = scroller.scrollTop - begin;
      for (const element of drawn.values()) {
        observer.unobserve(element);
        element.remove();
      }
      drawn.clear();
      heights = Array.from({ length: rows.count() }, (_, index) => rows.estimate(index));
      canvas.style.height = `${offset(heights.length)}px`;
      scroller.scrollTop = keep ? offset(first) + rest : 0;
      draw();
    },
    /** Draws one row anew. @param {number} index */
    redraw(index) {
      const key = rows.key(index);
      const old = drawn.get(key);
      if (!old) return;
      const focused = old.contains(document.activeElement);
      observer.unobserve(old);
      const fresh = rows.draw(index);
      fresh.style.transform = old.style.transform;
      fresh.setAttribute('aria-rowindex', String(index + 1));
      indexes.set(fresh, index);
      drawn.set(key, fresh);
      old.replaceWith(fresh);
      observer.observe(fresh);
      if (focused) fresh.focus({ preventScroll: true });
    },
    /** Scrolls until a row can be seen, at an edge or in the middle. @param {number} index @param {'nearest' | 'center'} [where] */
    reveal(index, where = 'nearest') {
      const begin = offset(index);
      const height = heights[index] ?? 0;
      const room = scroller.clientHeight;
      const { scrollTop } = scroller;
      if (where === 'center') scroller.scrollTop = begin - Math.max(0, room - height) / 2;
      else if (begin < scrollTop) scroller.scrollTop = begin;
      else if (begin + height > scrollTop + room) scroller.scrollTop = Math.min(begin, begin + height - room);
      draw();
    },
    /** @param {number} index */
    element: (index) => drawn.get(rows.key(index)),
  };
}
