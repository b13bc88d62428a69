/**
 * @typedef {object} Part
 * @property {string} text
 * @property {string[]} styles Names of classes.
 */

const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
/** What terminals obey: CSI, OSC and other strings up to their end, and escapes of two or three letters. */
const escape = new RegExp(
  String.raw`\u001b(?:\[([0-?]*)[ -/]*([@-~])|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|[ -/]*[0-~]?)|\u009b([0-?]*)[ -/]*([@-~])`,
  'g',
);

/** Whether a text has any of them. @param {string} text */
export const isColoured = (text) => text.includes('\u001b') || text.includes('\u009b');

/**
 * Splits a text where its colours change, and leaves out all other commands to terminals.
 *
 * @param {string} text
 * @returns {Part[]}
 */
export function parseAnsi(text) {
  /** @type {Part[]} */
  const parts = [];
  let style = /** @type {Style} */ ({});
  let end = 0;
  for (const match of text.matchAll(escape)) {
    push(parts, text.slice(end, match.index), style);
    end = match.index + match[0].length;
    if ((match[2] ?? match[4]) === 'm') style = after(style, match[1] ?? match[3] ?? '');
  }
  push(parts, text.slice(end), style);
  return parts;
}

/** @param {string} text */
export const stripAnsi = (text) => (isColoured(text) ? text.replaceAll(escape, '') : text);

/** @typedef {{ fg?: string, bold?: boolean, dim?: boolean, italic?: boolean, underline?: boolean }} Style */

/** @param {Part[]} parts @param {string} text @param {Style} style */
function push(parts, text, { fg, ...rest }) {
  if (text === '') return;
  const styles = Object.entries(rest).flatMap(([name, on]) => (on ? [`ansi-${name}`] : []));
  if (fg !== undefined) styles.push(`ansi-${fg}`);
  parts.push({ text, styles });
}

/** The style after a command of SGR: ECMA-48, 8.3.117. @param {Style} style @param {string} codes @returns {Style} */
function after(style, codes) {
  let next = { ...style };
  const numbers = codes.split(/[;:]/).map(Number);
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at] ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) Object.assign(next, { bold: false, dim: false });
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code >= 30 && code <= 37) next.fg = names[code - 30];
    else if (code >= 90 && code <= 97) next.fg = names[code - 90];
    else if (code === 39) delete next.fg;
    else if (code === 38 || code === 48) {
      const wide = numbers[at + 1] === 2;
      if (code === 38) next.fg = wide ? nearest(numbers.slice(at + 2, at + 5)) : indexed(numbers[at + 2] ?? 0);
      at += wide ? 4 : 2;
    }
  }
  return next;
}

/** One of 256 colours: 16 named ones, a cube of 6×6×6, and greys. @param {number} index */
function indexed(index) {
  if (index < 16) return names[index % 8];
  if (index > 231) return 'white';
  const cube = index - 16;
  return nearest([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => step * 51));
}

/** The named colour of which there is most: named ones can be read on each ground. @param {number[]} rgb */
function nearest(rgb) {
  const most = Math.max(...rgb);
  return names[rgb.reduce((sum, part, bit) => sum + (part > most * 0.6 && most > 60 ? 1 << bit : 0), 0)];
}
