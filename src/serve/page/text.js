import { isColoured, parseAnsi } from './ansi.js';
import { h } from './element.js';
import { nameOf, unseen, unseenAll } from './unseen.js';

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
