const escapes = /\\(?:[^a-zA-Z]|[AbBdDsSwWZafnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/gsu;
/** An escape or a character class; unlike JavaScript, Python takes a `]` right at the beginning of one for a member. */
const atoms = /\\.|\[(?:\^\]|\]|\^(?!\])|(?![\]^]))(?:\\.|[^\]\\])*\]/gs;
/** Unclosed classes, groups named as in JavaScript, and what may have no fixed width in a look-behind. */
const foreign = /\[|\(\?<(?![=!])|\(\?<[=!][^)]*[*+?{|(]/;
const anchors: Readonly<Record<string, string>> = { '\\A': '^', '\\Z': '$' };
/** A range in a class that begins or ends with a class. */
const range = /\\[dDsSwW]-[^\]]|[^\\]-\\[dDsSwW]/;

/**
 * Whether Python's `re` will take the pattern, as far as that can be told here: what only JavaScript knows is refused,
 * Python's own syntax is translated, and the rest has to be good for JavaScript.
 */
export function isPythonPattern(pattern: string): boolean {
  const skeleton = pattern.replace(atoms, '_');
  const groups = skeleton.match(/\((?:\?P<|(?!\?))/g)?.length ?? 0;
  const found = pattern.match(atoms) ?? [];
  const references = found.map((atom) => Number(/^\\([1-9]\d?)/.exec(atom)?.[1] ?? 0));
  const unknown = pattern.replace(escapes, '').includes('\\') || foreign.test(skeleton);
  if (unknown || references.some((number) => number > groups)) return false;
  if (found.some((atom) => atom.startsWith('[') && range.test(atom))) return false;
  const translated = pattern
    .replace(atoms, (atom) => anchors[atom] ?? atom.replace(/^\[(\^?)\]/, '[$1\\]'))
    .replaceAll('{,', '{0,')
    .replace(/^\(\?[aiLmsux]+\)/, '')
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>');
  try {
    return new RegExp(translated) instanceof RegExp;
  } catch {
    return false;
  }
}
