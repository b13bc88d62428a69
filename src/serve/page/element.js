import { visible } from './unseen.js';

/** Attributes that people read. */
const told = new Set(['title', 'aria-label', 'placeholder']);

/**
 * Makes an element with attributes (`aria-hidden` is 'true', not just there), listeners (`onclick`) and children. Text stays text:
 * nothing here reads HTML, and what could turn round or hide what stands beside it is named.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Readonly<Record<string, string | number | boolean | undefined | ((event: any) => void)>>} [attributes]
 * @param {...(Node | string | undefined | false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, key.startsWith('aria-') ? 'true' : '');
    else element.setAttribute(key, told.has(key) ? visible(String(value)) : String(value));
  }
  for (const child of children)
    if (child !== undefined && child !== false) element.append(typeof child === 'string' ? visible(child) : child);
  return element;
}

/**
 * The element of the page that has this id.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

/**
 * Puts these in the place of all that an element holds. Who is with the keyboard where there is a `data-key` is at its
 * successor then, which is returned.
 *
 * @param {HTMLElement} root
 * @param {...Node} children
 */
export function renew(root, ...children) {
  const { activeElement } = document;
  const key = root.contains(activeElement) ? activeElement?.getAttribute('data-key') : undefined;
  root.replaceChildren(...children);
  const again = key ? keyed(root, key) : undefined;
  again?.focus({ preventScroll: true });
  return again;
}

/** What was drawn with this `data-key`, which stays the same when it is drawn anew. @param {ParentNode} root @param {string} key */
export function keyed(root, key) {
  for (const element of root.querySelectorAll('[data-key]'))
    if (element instanceof HTMLElement && element.dataset['key'] === key) return element;
  return undefined;
}
