/**
 * What a person can do here, by key or by button.
 *
 * @typedef {'search' | 'next' | 'previous' | 'open' | 'leave' | 'around' | 'top' | 'live' | 'news' | 'wrap' | 'zone' |
 *   'wider' | 'refresh' | 'order' | 'theme' | 'fields' | 'lines' | 'streams' | 'help'} Action
 */

/** By `key` of the event. @type {Readonly<Record<string, Action>>} */
const keys = {
  '/': 'search',
  j: 'next',
  k: 'previous',
  ArrowDown: 'next',
  ArrowUp: 'previous',
  Enter: 'open',
  Escape: 'leave',
  c: 'around',
  g: 'top',
  t: 'live',
  w: 'wrap',
  u: 'zone',
  z: 'wider',
  r: 'refresh',
  f: 'fields',
  '?': 'help',
};

/** By id. @type {Readonly<Record<string, Action>>} */
const buttons = {
  live: 'live',
  news: 'news',
  refresh: 'refresh',
  wrap: 'wrap',
  utc: 'zone',
  order: 'order',
  theme: 'theme',
  'help-open': 'help',
  'fields-toggle': 'fields',
  'view-lines': 'lines',
  'view-streams': 'streams',
};

/**
 * Listens to the buttons, and to the keys as long as nobody types and no dialog is open.
 *
 * @param {Readonly<Record<Action, () => boolean | void>>} actions False: not for us now.
 */
export function listen(actions) {
  for (const [id, action] of Object.entries(buttons))
    document.getElementById(id)?.addEventListener('click', () => void actions[action]());
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || document.querySelector('dialog[open], [popover]:popover-open')) return;
    const typing = target.matches('input, textarea, select');
    if (typing && key === 'Escape') {
      target.blur();
      event.preventDefault();
      return;
    }
    // Enter and the arrows belong to what has the focus, if it does something with them.
    const inside = target.closest('button, a, summary, [role=slider]') !== null;
    if (typing || (inside && /^(Enter|Arrow.*)$/.test(key))) return;
    const action = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (action && actions[action]() !== false) event.preventDefault();
  });
}
