/** @import { Volume } from './volume.js' */
import { h } from './element.js';
import { dateTime, dayOf, timeOfDay } from './time.js';
import { toneOf } from './tone.js';
import { visible } from './unseen.js';
import { others, short, ticks } from './volume.js';

const svg = 'http://www.w3.org/2000/svg';
const height = 100;

/**
 * Bars of lines over time. Dragging over them, or marking steps with the arrow keys, chooses a time.
 *
 * @param {HTMLElement} root
 * @param {(from: number, to: number) => void} choose Milliseconds.
 */
export function createHistogram(root, choose) {
  const bars = document.createElementNS(svg, 'svg');
  bars.setAttribute('preserveAspectRatio', 'none');
  bars.setAttribute('aria-hidden', 'true');
  const marked = h('div', { class: 'marked', hidden: true });
  const tip = h('div', { class: 'tip', hidden: true });
  const axis = h('div', { class: 'axis', 'aria-hidden': true });
  const highest = h('div', { class: 'highest', 'aria-hidden': true });
  const plot = h(
    'div',
    {
      class: 'plot',
      tabindex: 0,
      role: 'slider',
      'aria-valuemin': 0,
      'aria-roledescription': 'histogram',
      'aria-label': 'Lines over time. Arrow keys: step by step; with Shift: mark a time; Enter: show it',
    },
    bars,
    marked,
    highest,
  );
  root.replaceChildren(plot, axis, tip);

  /** @type {Volume | undefined} */
  let volume;
  let name = '';
  let utc = false;
  /** Steps. @type {{ start: number, end: number } | undefined} */
  let mark;
  let dragging = false;

  /** @param {number} x Pixels from the left. */
  const stepAt = (x) => {
    const count = volume?.steps.length ?? 1;
    return Math.max(0, Math.min(count - 1, Math.floor((x / (plot.clientWidth || 1)) * count)));
  };

  function show() {
    marked.hidden = mark === undefined;
    tip.hidden = mark === undefined;
    if (!volume) return;
    if (!mark) return plot.setAttribute('aria-valuetext', `${short(volume.total)} lines`);
    const [start, end] = [Math.min(mark.start, mark.end), Math.max(mark.start, mark.end) + 1];
    const count = volume.steps.length;
    marked.style.left = `${(start / count) * 100}%`;
    marked.style.width = `${((end - start) / count) * 100}%`;
    const said = describe(volume, start, end);
    plot.setAttribute('aria-valuenow', String(mark.end));
    plot.setAttribute('aria-valuetext', visible(said.join(', ')));
    tip.replaceChildren(...said.map((line) => h('div', {}, line)));
    const middle = ((start + end) / 2 / count) * plot.clientWidth;
    const room = plot.clientWidth - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, middle - tip.offsetWidth / 2))}px`;
  }

  /** @param {Volume} volume @param {number} start @param {number} end */
  function describe({ from, step, steps, values }, start, end) {
    const [first, last] = [from + start * step, from + end * step];
    const sums = values.map((_, at) => steps.slice(start, end).reduce((sum, counts) => sum + (counts[at] ?? 0), 0));
    const parts = values.flatMap((value, at) => (sums[at] ? [`${value || 'none'}: ${short(sums[at])}`] : []));
    const time = step < 1000 ? timeOfDay(first, utc) : dateTime(first, utc);
    const till = step < 1000 ? timeOfDay(last, utc) : dateTime(last, utc).slice(11);
    return [`${time} – ${till}`, ...(parts.length > 0 ? parts : ['nothing'])];
  }

  function commit() {
    if (!mark || !volume) return;
    const { from, step } = volume;
    const [start, end] = [Math.min(mark.start, mark.end), Math.max(mark.start, mark.end) + 1];
    clear();
    choose(from + start * step, from + end * step - 1);
  }

  function clear() {
    mark = undefined;
    dragging = false;
    show();
  }

  plot.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !volume) return;
    plot.setPointerCapture(event.pointerId);
    const at = stepAt(event.offsetX);
    mark = { start: at, end: at };
    dragging = true;
    show();
  });
  plot.addEventListener('pointermove', (event) => {
    if (!volume) return;
    const at = stepAt(event.clientX - plot.getBoundingClientRect().left);
    mark = dragging && mark ? { start: mark.start, end: at } : { start: at, end: at };
    show();
  });
  plot.addEventListener('pointerup', () => dragging && commit());
  plot.addEventListener('pointercancel', clear);
  plot.addEventListener('pointerleave', () => dragging || clear());
  plot.addEventListener('blur', clear);
  plot.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by !== undefined && volume) {
      const last = volume.steps.length - 1;
      const end = mark ? Math.max(0, Math.min(last, mark.end + by)) : by > 0 ? 0 : last;
      mark = { start: event.shiftKey && mark ? mark.start : end, end };
      show();
    } else if (event.key === 'Enter' && mark) commit();
    else if (event.key === 'Escape' && mark) clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    /** Nothing is known any more. */
    clear() {
      clear();
      volume = undefined;
      bars.replaceChildren();
      axis.replaceChildren();
      highest.textContent = '';
      plot.removeAttribute('aria-valuetext');
    },
    /** @param {Volume} shown @param {string} by @param {boolean} inUtc */
    show(shown, by, inUtc) {
      if (dragging) return;
      volume = shown;
      name = by;
      utc = inUtc;
      const { steps, values } = shown;
      bars.setAttribute('viewBox', `0 0 ${steps.length} ${height}`);
      /** @type {SVGElement[]} */
      const drawn = [];
      for (const [at, counts] of steps.entries()) {
        let top = height;
        for (const [place, count] of counts.entries()) {
          if (count === 0) continue;
          // What is there can be seen, however much there is elsewhere.
          const size = Math.max(1.5, (count / shown.highest) * height * 0.96);
          top -= size;
          const rect = document.createElementNS(svg, 'rect');
          for (const [key, value] of Object.entries({ x: at + 0.06, y: top, width: 0.88, height: size }))
            rect.setAttribute(key, String(value));
          const value = values[place] ?? '';
          rect.setAttribute('class', value === others ? 'tone-none' : toneOf(name, value, place));
          drawn.push(rect);
        }
      }
      bars.replaceChildren(...drawn);
      highest.textContent = shown.highest > 0 ? short(shown.highest) : '';
      plot.setAttribute('aria-valuemax', String(steps.length - 1));
      plot.setAttribute('aria-valuenow', '0');
      const end = shown.from + steps.length * shown.step;
      const shift = utc ? 0 : -new Date(shown.from).getTimezoneOffset() * 60_000;
      const times = ticks(shown.from, end, Math.max(2, plot.clientWidth / 90), shift);
      axis.replaceChildren(
        // A label at the very end would be cut off.
        ...times
          .filter((time) => end - time > (end - shown.from) * (60 / (plot.clientWidth || 600)))
          .map((time) => {
            const label = h('span', {}, tickText(time, shown.step, utc));
            label.style.left = `${((time - shown.from) / (end - shown.from)) * 100}%`;
            return label;
          }),
      );
      show();
    },
  };
}

/** @param {number} time @param {number} step @param {boolean} utc */
function tickText(time, step, utc) {
  const text = timeOfDay(time, utc);
  if (text === '00:00:00.000') return dayOf(time, utc).slice(5);
  if (step < 1000) return text.slice(3);
  return text.endsWith(':00.000') ? text.slice(0, 5) : text.slice(0, 8);
}
