import { setFlagsFromString } from 'node:v8';

/** Characters of a pattern. */
const longest = 1000;
/** The flag of expressions for the automaton, which no standard knows. */
const linear: string = 'l';

/**
 * Compiles a pattern of strangers so that no line can hold up the process: V8's automaton takes a time that grows with
 * the line alone. What it does not know (flags of groups, counts over 16) is taken only without anything to go back to.
 * Throws an error that says what is wrong.
 * Source: https://v8.dev/blog/non-backtracking-regexp
 */
export function strangersPattern(text: string): RegExp {
  if (text.length > longest) throw new Error(`a pattern has more than ${longest} characters`);
  // Says what is wrong in terms of an ordinary expression.
  const ordinary = new RegExp(text);
  setFlagsFromString('--enable-experimental-regexp-engine');
  try {
    return new RegExp(text, linear);
  } catch {
    if (!isHarmless(text)) throw new Error(`${ordinary} could take too long for some lines`);
    // What is too large is found with the first match only, for narrow and for wide text.
    for (const line of ['', '\u0100']) ordinary.test(line);
    return ordinary;
  }
}

/** True if there is little to try in another way: nothing repeated but a sign an exact number of times, few choices. */
function isHarmless(text: string): boolean {
  const signs = text.replaceAll(/\\./gs, 'x').replaceAll(/\[[^\]]*\]/g, 'x');
  if (/\\[1-9k]/.test(text) || /\(\?<?[=!]/.test(signs)) return false;
  const plain = signs.replaceAll(/\(\?[a-z-]*:|\(\?<[^>]*>/g, '(');
  if (/[*+]|\{\d*,|\)[?{]/.test(plain)) return false;
  if ([...plain.matchAll(/\{(\d+)\}/g)].some(([, count]) => Number(count) > 1000)) return false;
  return [...plain.matchAll(/[?|]/g)].length <= 8;
}
