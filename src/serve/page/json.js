/** @typedef {{ kind: 'name' | 'string' | 'number' | 'word' | 'sign', text: string }} Token */

const token = /\s*("(?:[^"\\]|\\.)*")(\s*:)?|\s*(-?\d[\d.eE+-]*)|\s*(true|false|null)|\s*([[\]{},:])/gy;
const longest = 500_000;
/** So far lines are indented: one that is nested a hundred thousand times would fill the memory with spaces. */
const deepest = 40;

/**
 * The part of a line that is a JSON object or array: the whole of it, or what stands behind a short beginning, as a time.
 * Undefined if there is none.
 *
 * @param {string} line
 */
export function jsonOf(line) {
  const start = line.search(/[[{]/);
  if (start < 0 || start > 200 || line.length > longest) return undefined;
  const text = line.slice(start).trim();
  if (!/^\{\s*["}]|^\[\s*[[{"\d\-tfn\]]/.test(text)) return undefined;
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

/**
 * Valid JSON with a line for each value, in pieces to be coloured. Numbers and texts stay letter by letter as they are:
 * a parsed number may lose digits.
 *
 * @param {string} text
 * @returns {Token[]}
 */
export function prettyJson(text) {
  /** @type {Token[]} */
  const tokens = [];
  let depth = 0;
  const line = () => `\n${'  '.repeat(Math.min(depth, deepest))}`;
  for (const [, string, colon, number, word, sign] of text.matchAll(token)) {
    if (string !== undefined && colon !== undefined)
      tokens.push({ kind: 'name', text: string }, { kind: 'sign', text: ': ' });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (sign === ',') tokens.push({ kind: 'sign', text: `,${line()}` });
    else if (sign === '{' || sign === '[') {
      depth += 1;
      tokens.push({ kind: 'sign', text: sign + line() });
    } else if (sign !== undefined) {
      depth -= 1;
      const last = tokens.at(-1);
      // What is empty stays on one line.
      if (last && /^[[{]\n *$/.test(last.text)) last.text = last.text.trim() + sign;
      else tokens.push({ kind: 'sign', text: line() + sign });
    }
  }
  return tokens;
}
