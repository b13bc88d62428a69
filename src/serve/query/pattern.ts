import { strangersPattern } from '../../system/pattern.ts';

const classes: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z',
  digit: '0-9',
  alnum: 'a-zA-Z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
  punct: '!-\\/:-@\\[-`{-~',
};

/**
 * A pattern as people know it from Go's and other tools, written as a JavaScript one without flags: `(?i)` and `(?s)` at its
 * beginning, `(?P<name>`, `\A`, `\z`, `[[:alpha:]]`. Throws if it can't be compiled to something that is safe for any line.
 */
export function readPattern(text: string): string {
  const [start = '', flags = ''] = /^\(\?([is]+)\)/.exec(text) ?? [];
  const plain = rewrite(text.slice(start.length), flags.includes('i'), flags.includes('s'));
  strangersPattern(plain);
  return plain;
}

/** A pattern that is found in exactly those texts in which this text is. */
export const literally = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

// An escape, a group's beginning, a class of a name, or any one sign.
const sign = /\\x[\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\[pP]\{[^}]*\}|\\k<[^>]*>|\\[^]|\(\?P?<[A-Za-z_]\w*>|\[:\w+:\]|[^]/gu;

function rewrite(text: string, anyCase: boolean, dotAll: boolean): string {
  let inClass = false;
  let made = '';
  const signs = text.match(sign) ?? [];
  for (let index = 0; index < signs.length; index += 1) {
    const one = signs[index] ?? '';
    if (inClass && one.startsWith('[:')) made += classes[one.slice(2, -2)] ?? one;
    else if (one.length > 1 && !/^\p{L}$/u.test(one)) made += escapes[one] ?? one.replace('(?P<', '(?<');
    else if (inClass) {
      const to = signs[index + 1] === '-' ? signs[index + 2] : undefined;
      if (to !== undefined && to.length === 1 && to !== ']') {
        made += anyCase ? ranges(one, to) : `${one}-${to}`;
        index += 2;
      } else {
        made += anyCase ? cases(one) : one;
        // A bracket at the beginning of a class is one of its signs.
        inClass = one !== ']';
      }
    } else if (one === '[') {
      inClass = true;
      made += one;
      if (signs[index + 1] === '^') made += signs[++index];
      if (signs[index + 1] === ']') {
        made += '\\]';
        index += 1;
      }
    } else if (one === '.' && dotAll) made += '[^]';
    else {
      const both = anyCase ? cases(one) : one;
      made += both.length > one.length ? `[${both}]` : one;
    }
  }
  return made;
}

const escapes: Readonly<Record<string, string>> = { '\\A': '^', '\\z': '$', '\\Z': '$' };

const cases = (letter: string) =>
  [...new Set([letter, letter.toLowerCase(), letter.toUpperCase()])]
    .filter((one) => one.length === letter.length)
    .join('');

function ranges(from: string, to: string): string {
  const own = `${from}-${to}`;
  const inside = (low: string, high: string) => from >= low && to <= high;
  return inside('a', 'z') || inside('A', 'Z')
    ? `${from.toLowerCase()}-${to.toLowerCase()}${from.toUpperCase()}-${to.toUpperCase()}`
    : own;
}
