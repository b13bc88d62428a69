const token = /\s*(?:([()])|(!=|=~|!~|=)|"((?:[^"\\]|\\.)*)"|\/((?:[^/\\]|\\.)+)\/|([^\s()"=!~]+))/suy;
const letters = /[\\^$.*+?()[\]{}|/]/g;

/**
 * What an expression looks for in the text, as one pattern to mark it with; undefined if there is nothing to mark.
 * Patterns that could take long on a line are not marked: the server finds them, in linear time, and this browser
 * would not.
 *
 * @param {string} expression
 * @returns {RegExp | undefined}
 */
export function markPattern(expression) {
  const tokens = tokensOf(expression);
  /** @type {string[]} */
  const patterns = [];
  let skipped = 0;
  let negated = false;
  for (let at = 0; at < tokens.length; at++) {
    const { kind, text } = tokens[at] ?? { kind: '', text: '' };
    if (kind === 'word' && text === 'not') {
      negated = !negated;
      continue;
    }
    if (kind === 'sign') {
      // All that stands behind `not` is left out, up to its closing parenthesis.
      if (text === '(' && (negated || skipped > 0)) skipped += 1;
      else if (text === ')' && skipped > 0) skipped -= 1;
    } else if (tokens[at + 1]?.kind === 'op') at += 2;
    else if (!negated && skipped === 0 && !(kind === 'word' && /^(and|or)$/.test(text))) {
      if (kind !== 'pattern') patterns.push(text.replaceAll(letters, String.raw`\$&`));
      else if (isQuick(text)) patterns.push(`(?:${text})`);
    }
    negated = false;
  }
  const insensitive = patterns.some((pattern) => pattern.startsWith('(?:(?i)'));
  const all = patterns.map((pattern) => pattern.replace('(?:(?i)', '(?:')).filter((pattern) => pattern !== '');
  try {
    return all.length === 0 ? undefined : new RegExp(all.join('|'), insensitive ? 'gi' : 'g');
  } catch {
    return undefined;
  }
}

/** At most one repetition of any length, and none of a group. @param {string} pattern */
const isQuick = (pattern) =>
  (pattern.match(/[*+]|\{\d*,?\d*\}/g) ?? []).length <= 1 && !/\)[*+{]|\\\d|\(\?[<=!]/.test(pattern);

/** @param {string} expression */
function tokensOf(expression) {
  const kinds = ['sign', 'op', 'quoted', 'pattern', 'word'];
  return [...expression.matchAll(new RegExp(token, 'gsuy'))].map(([, ...groups]) => {
    const at = groups.findIndex((group) => group !== undefined);
    const text = groups[at] ?? '';
    const kind = kinds[at] ?? 'word';
    return { kind, text: kind === 'quoted' ? text.replaceAll(/\\(["\\])/g, '$1') : text };
  });
}
