import { h, renew } from './element.js';

/** @typedef {{ text: string, run: () => void }} Way */

/**
 * Says what is the matter, and the ways out.
 *
 * @param {HTMLElement} root
 * @param {{ title: string, text?: readonly (string | Node)[], ways?: readonly Way[], wrong?: boolean }} said
 */
export function drawMessage(root, { title, text = [], ways = [], wrong = false }) {
  /** @param {Way} way */
  const button = ({ text, run }) => h('button', { type: 'button', 'data-key': text, onclick: run }, text);
  renew(
    root,
    h(
      'div',
      { class: wrong ? 'wrong' : undefined, role: wrong ? 'alert' : 'status' },
      h('h2', {}, title),
      ...text.map((line) => h('p', {}, line)),
      h('div', { class: 'ways' }, ...ways.map(button)),
    ),
  );
  root.hidden = false;
}
