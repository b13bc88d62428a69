/** @import { Entry } from './entry.js' */
/** @import { DetailActions } from './detail.js' */
import { stripAnsi } from './ansi.js';
import { detail } from './detail.js';
import { h } from './element.js';
import { levelOfEntry } from './level.js';
import { textNodes } from './text.js';
import { dateTime, dayOf, timeOfDay, zone } from './time.js';

/** So many characters of a line are drawn before it is opened. */
const longest = { wrap: 3000, cut: 1000 };

/**
 * @typedef {object} Look How rows are drawn now.
 * @property {boolean} wrap
 * @property {boolean} utc
 * @property {boolean} days Whether the lines are of more than one day.
 * @property {RegExp | undefined} mark
 * @property {string} line The cursor of the line whose neighbours these are.
 */

/**
 * @param {Entry} entry
 * @param {{ selected: boolean, open: boolean }} how
 * @param {Look} look
 * @param {DetailActions} actions
 */
export function row(entry, { selected, open }, look, actions) {
  const { ms, log, source, cursor } = entry;
  const level = levelOfEntry(entry);
  const limit = look.wrap ? longest.wrap : longest.cut;
  const full = look.wrap ? log : log.trimEnd().replaceAll(/\r?\n/g, '\u21b5');
  const rest = full.length - limit;
  const said = [level, source.stream].filter((one) => one !== '').join(', ');
  const text = h(
    'div',
    { class: 'text', role: 'gridcell' },
    ...textNodes(rest > 0 ? full.slice(0, limit) : full, look.mark),
  );
  if (rest > 0) text.append(h('span', { class: 'rest' }, `… ${rest.toLocaleString('en')} characters more`));
  const where = h('div', { class: 'source', role: 'gridcell', title: source.title }, source.title);
  where.style.setProperty('--hue', String(source.hue));
  const when = h(
    'div',
    { class: 'when', role: 'gridcell', title: `${dateTime(ms, look.utc)} ${zone(ms, look.utc)}` },
    look.days && h('span', { class: 'day' }, `${dayOf(ms, look.utc).slice(5)} `),
    timeOfDay(ms, look.utc),
  );
  const mark = h('div', { class: 'level', role: 'gridcell', title: said }, h('span', { class: 'hidden' }, said));
  mark.append(h('span', { 'aria-hidden': true }, level.slice(0, 1).toUpperCase()));
  const element = h(
    'div',
    {
      class: 'row',
      role: 'row',
      'aria-level': 1,
      'aria-expanded': String(open),
      'data-level': level,
      'data-stream': source.stream,
      'data-line': cursor === look.line,
      tabindex: selected ? 0 : -1,
      'aria-selected': selected && 'true',
    },
    when,
    mark,
    where,
    text,
  );
  if (open) element.append(detail(entry, look, actions));
  return element;
}

/**
 * How many lines of the screen a row takes.
 *
 * @param {Entry} entry
 * @param {boolean} wrap
 * @param {number} columns
 */
export function screenLines({ log }, wrap, columns) {
  if (!wrap) return 1;
  const text = stripAnsi(log.slice(0, longest.wrap));
  if (text.length <= columns && !text.includes('\n')) return 1;
  let lines = 0;
  for (const line of text.split('\n')) lines += Math.max(1, Math.ceil(line.length / columns));
  return lines;
}
