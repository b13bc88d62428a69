import { h } from './element.js';

/** @type {readonly [string, string][]} */
const keys = [
  ['/', 'search'],
  ['j  k', 'next and previous line'],
  ['Enter', 'open or close the line'],
  ['c', 'lines around the line'],
  ['Esc', 'close, leave'],
  ['t', 'live: show new lines as they come in'],
  ['g', 'to the top'],
  ['w', 'break long lines'],
  ['u', 'times here or in UTC'],
  ['z', 'twice the time'],
  ['r', 'ask again'],
  ['f', 'fields'],
  ['?', 'this help'],
];

/** @type {readonly [string, string][]} */
const searches = [
  ['timeout', 'lines with this text, letters as they are'],
  ['"connection reset"', 'a text with spaces'],
  [String.raw`/5\d\d/`, 'lines in which the pattern is found'],
  ['/(?i)error/', 'letters in any case'],
  ['error not debug', 'the one and not the other'],
  ['error and (disk or memory)', 'and, or, not and parentheses'],
  ['pod=web-0', 'lines of a pod; so with each field'],
  ['app!=web  pod=~"web-.*"', 'not this value; a pattern for the whole value'],
];

/** @param {HTMLDialogElement} dialog */
export function drawHelp(dialog) {
  /** @param {readonly [string, string][]} rows @param {'kbd' | 'code'} kind */
  const list = (rows, kind) =>
    h('dl', {}, ...rows.flatMap(([term, text]) => [h('dt', {}, ...terms(term, kind)), h('dd', {}, text)]));
  /** @param {string} term @param {'kbd' | 'code'} kind */
  const terms = (term, kind) =>
    kind === 'code' ? [h('code', {}, term)] : term.split('  ').flatMap((key) => [h('kbd', {}, key), ' ']);
  dialog.replaceChildren(
    h(
      'form',
      { method: 'dialog' },
      h('h2', { id: 'help-title' }, 'Help'),
      h('button', { class: 'close', 'aria-label': 'Close' }, '×'),
    ),
    h(
      'div',
      { class: 'columns' },
      h('div', {}, h('h3', {}, 'Search'), list(searches, 'code')),
      h('div', {}, h('h3', {}, 'Keys'), list(keys, 'kbd')),
    ),
    h(
      'p',
      { class: 'dim' },
      'Drag over the bars to choose a time. The address of the page holds all of the search: send it to whom it concerns.',
    ),
  );
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
}
