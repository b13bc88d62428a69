import { isColoured, parseAnsi } from './ansi.js';
import { h } from './element.js';

/** What would change how its neighbours look, or can't be seen: control characters and marks of direction. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const unseenAll = new RegExp(unseen, 'g');
/** So much of a line is looked through for what was searched. */
const marked = 5000;

/**
 * A stranger's text as nodes: colours of terminals are kept, what was searched is marked, what can't be seen is named.
 *
 * @param {string} text
 * @param {RegExp | undefined} mark
 * @returns {Node[]}
 */
export function textNodes(text, mark) {
  if (!isColoured(text)) return markedNodes(text, mark);
  return parseAnsi(text).flatMap(({ text, styles }) => {
    const nodes = markedNodes(text, mark);
    return styles.length === 0 ? nodes : [h('span', { class: styles.join(' ') }, ...nodes)];
  });
}

/** @param {string} text @param {RegExp | undefined} mark @returns {Node[]} */
function markedNodes(text, mark) {
  if (!mark) return plainNodes(text);
  /** @type {Node[]} */
  const nodes = [];
  let end = 0;
  for (const { index, 0: found } of text.slice(0, marked).matchAll(mark)) {
    if (found === '') continue;
    nodes.push(...plainNodes(text.slice(end, index)), h('mark', {}, ...plainNodes(found)));
    end = index + found.length;
  }
  return [...nodes, ...plainNodes(text.slice(end))];
}

/** @param {string} text @returns {Node[]} */
function plainNodes(text) {
  if (text === '') return [];
  if (!unseen.test(text)) return [document.createTextNode(text)];
  /** @type {Node[]} */
  const nodes = [];
  let end = 0;
  for (const { index, 0: found } of text.matchAll(unseenAll)) {
    if (index > end) nodes.push(document.createTextNode(text.slice(end, index)));
    nodes.push(h('span', { class: 'unseen' }, nameOf(found)));
    end = index + found.length;
  }
  nodes.push(document.createTextNode(text.slice(end)));
  return nodes;
}

/** @param {string} letter */
function nameOf(letter) {
  const code = letter.charCodeAt(0);
  // U+2400 and the following are pictures of the first 32.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
