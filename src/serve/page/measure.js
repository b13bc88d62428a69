import { h } from './element.js';

/** How high a row is in pixels, and how many letters go beside each other in it. @param {HTMLElement} canvas */
export function measureRow(canvas) {
  const text = h('div', { class: 'text' }, 'm'.repeat(100));
  const probe = h('div', { class: 'row' }, h('div', { class: 'when' }, '00:00:00.000'), h('div'), h('div'), text);
  canvas.append(probe);
  const range = document.createRange();
  range.selectNodeContents(text);
  const letter = range.getBoundingClientRect().width / 100;
  const measured = { height: probe.offsetHeight || 20, columns: Math.floor(text.clientWidth / (letter || 8)) };
  probe.remove();
  return { height: measured.height, columns: Math.max(10, measured.columns) };
}
