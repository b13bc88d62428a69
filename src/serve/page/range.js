/** @import { State } from './state.js' */
import { now as clock } from './clock.js';
import { h } from './element.js';
import { dateTime, duration, instant, presets, readTime, zone } from './time.js';

/** The choice of a time. @param {HTMLElement} root A popover. @param {HTMLElement} button @param {(range: Pick<State, 'from' | 'to'>) => void} choose */
export function createRange(root, button, choose) {
  /** @type {{ from: string, to: string, utc: boolean }} */
  let shown = { from: '1h', to: 'now', utc: false };

  /** @param {Pick<State, 'from' | 'to'>} range */
  function take(range) {
    root.hidePopover();
    choose(range);
  }

  function draw() {
    const { from, to, utc } = shown;
    const last = presets.map(([preset, text]) =>
      h(
        'button',
        {
          type: 'button',
          'aria-pressed': String(to === 'now' && from === preset),
          onclick: () => take({ from: preset, to: 'now' }),
        },
        `Last ${text}`,
      ),
    );
    const start = input('From', from, utc);
    const end = input('To', to, utc);
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    /** @param {Event} event */
    const onsubmit = (event) => {
      event.preventDefault();
      const [first, second] = [readTime(start.value, utc), readTime(end.value, utc)];
      const now = clock();
      const wrong =
        first === undefined || second === undefined
          ? `${JSON.stringify((first === undefined ? start : end).value)} is no time.`
          : instant(first, now) >= instant(second, now)
            ? 'The beginning has to be before the end.'
            : '';
      problem.textContent = wrong;
      problem.hidden = wrong === '';
      if (wrong !== '') (first === undefined ? start : end).focus();
      else take({ from: first ?? '', to: second ?? '' });
    };
    root.replaceChildren(
      h('div', { class: 'presets' }, ...last),
      h(
        'form',
        { onsubmit },
        h('label', {}, 'From', start),
        h('label', {}, 'To', end),
        problem,
        h(
          'p',
          { class: 'dim' },
          `2026-01-31 14:00, 2h, now, or seconds since 1970. Times are ${zone(Date.now(), utc)}.`,
        ),
        h('button', { type: 'submit', class: 'main' }, 'Show'),
      ),
    );
  }

  root.addEventListener('beforetoggle', (event) => {
    if (event.newState !== 'open') return;
    draw();
    // It has a width now, and has not been painted yet.
    requestAnimationFrame(() => {
      const { bottom, right } = button.getBoundingClientRect();
      root.style.setProperty('--top', `${bottom + 6}px`);
      root.style.left = `${Math.max(8, Math.min(right - root.offsetWidth, innerWidth - root.offsetWidth - 8))}px`;
      const pressed = root.querySelector('[aria-pressed=true], button');
      if (pressed instanceof HTMLElement) pressed.focus();
    });
  });

  return {
    /** @param {{ from: string, to: string, utc: boolean }} range */
    show(range) {
      shown = range;
    },
  };
}

/** @param {string} label @param {string} value @param {boolean} utc */
function input(label, value, utc) {
  const ms = Date.parse(value);
  const text = value === 'now' || duration(value) !== undefined || Number.isNaN(ms) ? value : dateTime(ms, utc);
  return h('input', {
    type: 'text',
    'aria-label': label,
    value: text,
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
  });
}
