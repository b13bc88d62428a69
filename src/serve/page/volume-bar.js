/** @import { State } from './state.js' */
/** @import { Volume } from './volume.js' */
import { h, keyed } from './element.js';
import { duration, instant, iso } from './time.js';
import { toneOf } from './tone.js';
import { others, short } from './volume.js';

/**
 * What the bars are, and ways through time.
 *
 * @param {HTMLElement} root
 * @param {{ volume: Volume | undefined, by: string, names: readonly string[], problem: string }} shown
 * @param {{ only: (name: string, value: string) => void, by: (name: string) => void, move: (move: Move) => void }} events
 */
export function drawVolumeBar(root, { volume, by, names, problem }, events) {
  const { activeElement } = document;
  const key = root.contains(activeElement) ? activeElement?.getAttribute('data-key') : undefined;
  const legend = (volume?.values ?? []).map((value, place) =>
    h(
      'li',
      {},
      h(
        'button',
        {
          type: 'button',
          'data-key': `only ${value}`,
          title: value === others ? 'All others' : `Only ${by}=${value}`,
          disabled: value === others,
          onclick: () => events.only(by, value),
        },
        h('span', {
          class: `swatch ${value === others ? 'tone-none' : toneOf(by, value, place)}`,
          'aria-hidden': true,
        }),
        h('span', { class: 'value' }, value === others ? 'others' : value || 'none'),
        h('span', { class: 'dim' }, short(volume?.sums[place] ?? 0)),
      ),
    ),
  );
  const all = [...new Set([by, ...names])].toSorted();
  const old = root.querySelector('select');
  const same =
    old instanceof HTMLSelectElement && all.join('\n') === [...old.options].map(({ value }) => value).join('\n');
  const choice = same
    ? old
    : h(
        'select',
        { 'aria-label': 'Colours by', 'data-key': 'by', onchange: () => events.by(choice.value) },
        ...all.map((name) => h('option', { value: name }, `by ${name}`)),
      );
  choice.value = by;
  /** @param {Move} move @param {string} text @param {string} title */
  const button = (move, text, title) =>
    h(
      'button',
      { type: 'button', 'data-key': move, title, 'aria-label': title, onclick: () => events.move(move) },
      text,
    );
  // Taken out of the page it would close before the eyes of who has just opened it.
  for (const child of root.querySelectorAll(':scope > :not(select)')) child.remove();
  if (!same) old?.remove();
  if (!same) root.append(choice);
  root.append(
    h('ul', { class: 'legend', 'aria-label': 'Colours' }, ...legend),
    problem === '' ? '' : h('span', { class: 'problem' }, `Not counted: ${problem}`),
    h(
      'div',
      { class: 'moves', role: 'group', 'aria-label': 'Time' },
      button('earlier', '‹', 'Earlier'),
      button('wider', '−', 'Twice the time (z)'),
      button('later', '›', 'Later'),
    ),
  );
  if (key) keyed(root, key)?.focus();
}

/** Between these a server can tell all nanoseconds. */
const [earliest, latest] = [0, Date.parse('2262-01-01')];

/** @typedef {'earlier' | 'later' | 'wider'} Move */

/**
 * Another time, beside this one or around it.
 *
 * @param {Pick<State, 'from' | 'to'>} range
 * @param {Move} move
 * @param {number} now
 */
export function moved({ from, to }, move, now) {
  const ago = duration(from);
  if (move === 'wider' && to === 'now' && ago !== undefined) {
    const minutes = Math.max(1, Math.round((ago * 2) / 60_000));
    const wider = minutes % 1440 === 0 ? `${minutes / 1440}d` : minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
    return { from: wider, to };
  }
  const [start, end] = [instant(from, now), instant(to, now)];
  if (Number.isNaN(start + end)) return { from: '1h', to: 'now' };
  const length = Math.max(1, end - start);
  const [before, after] = { earlier: [-0.5, -0.5], later: [0.5, 0.5], wider: [-0.5, 0.5] }[move];
  /** @param {number} ms */
  const within = (ms) => iso(Math.max(earliest, Math.min(latest, ms)));
  return { from: within(start + length * (before ?? 0)), to: within(end + length * (after ?? 0)) };
}
