/** @import { Entry } from './entry.js' */
/** @import { Look } from './row.js' */
import { stripAnsi } from './ansi.js';
import { h } from './element.js';
import { jsonOf, prettyJson } from './json.js';
import { askable } from './query.js';
import { textNodes } from './text.js';
import { dateTime, zone } from './time.js';

/**
 * @typedef {object} DetailActions
 * @property {(name: string, value: string) => void} only
 * @property {(name: string, value: string) => void} not
 * @property {(entry: Entry) => void} around
 * @property {(text: string, what: string) => void} copy
 * @property {(entry: Entry) => string} link
 * @property {(entry: Entry) => void} close
 */

/** So many characters of a line are drawn at once; all of them can be copied. */
const longest = 100_000;

/**
 * All that is known of a line.
 *
 * @param {Entry} entry
 * @param {Look} look
 * @param {DetailActions} actions
 */
export function detail(entry, look, actions) {
  const { log, source, metadata, ms, time } = entry;
  const json = jsonOf(stripAnsi(log));
  const fields = source.fields.map(([name, value]) => field(name, value, actions));
  const told = Object.entries(metadata ?? {}).map(([name, value]) =>
    h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, value), h('td')),
  );
  const when = `${time} (${dateTime(ms, look.utc)} ${zone(ms, look.utc)})`;
  return h(
    'div',
    { class: 'detail', role: 'gridcell' },
    h(
      'div',
      { class: 'actions' },
      button('Lines around it', 'What the same source wrote before and after it (c)', () => actions.around(entry)),
      button('Copy line', 'Copy the text', () => actions.copy(log, 'Line')),
      button('Copy link', 'A link to this line among its neighbours', () => actions.copy(actions.link(entry), 'Link')),
      button('Copy JSON', 'The line with all its fields', () => actions.copy(JSON.stringify(toJson(entry)), 'JSON')),
      button('Close', 'Close (Esc)', () => actions.close(entry)),
    ),
    json === undefined ? h('pre', {}, ...textNodes(log.slice(0, longest), look.mark)) : pretty(json),
    log.length > longest && h('p', { class: 'rest' }, `The first ${longest} of ${log.length} characters.`),
    h(
      'table',
      { class: 'known' },
      h('caption', { class: 'hidden' }, 'Fields of this line'),
      h('tbody', {}, h('tr', {}, h('th', { scope: 'row' }, 'time'), h('td', { colspan: 2 }, when)), ...fields, ...told),
    ),
  );
}

/** @param {string} name @param {string} value @param {DetailActions} actions */
function field(name, value, { only, not }) {
  const buttons = askable(name) && [
    button('Only this', `Only lines with ${name} ${value}`, () => only(name, value)),
    button('Not this', `No lines with ${name} ${value}`, () => not(name, value)),
  ];
  const cell = h('td', { class: 'picks' }, ...(buttons || []));
  return h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, ...textNodes(value, undefined)), cell);
}

/** @param {string} text @param {string} title @param {() => void} onclick */
function button(text, title, onclick) {
  /** @param {Event} event */
  const clicked = (event) => {
    event.stopPropagation();
    onclick();
  };
  return h(
    'button',
    { type: 'button', title, 'aria-label': text === title ? undefined : `${text}: ${title}`, onclick: clicked },
    text,
  );
}

/** @param {string} json */
function pretty(json) {
  const pre = h('pre', { class: 'json' });
  let length = 0;
  for (const { kind, text } of prettyJson(json)) {
    pre.append(h('span', { class: `json-${kind}` }, ...textNodes(text, undefined)));
    length += text.length;
    if (length > longest) break;
  }
  return pre;
}

/** An entry as the server sends it, without what only this page knows. @param {Entry} entry */
export function toJson({ time, log, source, metadata }) {
  /** @type {Record<string, unknown>} */
  const row = { time, log };
  /** @type {[string, string][]} */
  const labels = [];
  for (const [index, [name, value]] of source.fields.entries())
    if (index < source.own) row[name] = value;
    else labels.push([name, value]);
  if (labels.length > 0) row['labels'] = Object.fromEntries(labels);
  return metadata ? { ...row, metadata } : row;
}
