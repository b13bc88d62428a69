/** @import { Filter } from './state.js' */
import { h, renew } from './element.js';
import { withoutValue, withValue } from './state.js';

/**
 * What is chosen, to be turned round or taken back.
 *
 * @param {HTMLElement} root
 * @param {readonly Filter[]} filters
 * @param {(change: (filters: Filter[]) => Filter[]) => void} change
 */
export function drawChips(root, filters, change) {
  const chips = filters.flatMap(({ name, op, values }) =>
    values.map((value) => {
      const said = `${name}${op}${value === '' ? '(none)' : value}`;
      const other = op === '=' ? '!=' : '=';
      return h(
        'li',
        { class: op === '=' ? 'chip' : 'chip against' },
        h(
          'button',
          {
            type: 'button',
            'data-key': `turn ${name} ${value}`,
            title: op === '=' ? 'Only this; press for: not this' : 'Not this; press for: only this',
            onclick: () => change((all) => withValue(withoutValue(all, name, value), name, other, value)),
          },
          h('span', { class: 'name' }, name),
          op === '=' ? ' = ' : ' ≠ ',
          h('bdi', {}, value === '' ? '(none)' : value),
        ),
        h(
          'button',
          {
            type: 'button',
            class: 'take',
            'data-key': `take ${name} ${value}`,
            'aria-label': `Take back ${said}`,
            title: 'Take back',
            onclick: () => change((all) => withoutValue(all, name, value)),
          },
          '×',
        ),
      );
    }),
  );
  if (chips.length > 1)
    chips.push(
      h('li', {}, h('button', { type: 'button', class: 'link', onclick: () => change(() => []) }, 'Take back all')),
    );
  renew(root, ...chips);
  root.hidden = chips.length === 0;
}
