/** A regular expression without flags, taken apart. */
export type Node =
  | { kind: 'set'; set: CharSet }
  | { kind: 'all' | 'any'; of: readonly Node[] }
  | { kind: 'repeat'; of: Node; least: number; most: number }
  | { kind: 'edge'; of: 'begin' | 'end' | 'word' | 'inside' };

/** Ranges of UTF-16 units: the first and the last of each, in order and apart from one another. */
export type CharSet = readonly number[];

const last = 0xffff;
const digits: CharSet = [0x30, 0x39];
export const wordSet: CharSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
// Source: https://tc39.es/ecma262/#prod-WhiteSpace and #prod-LineTerminator
const spaces: CharSet = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
].flat();
const lineEnds: CharSet = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];
const classes: Readonly<Record<string, CharSet>> = {
  d: digits,
  D: complement(digits),
  w: wordSet,
  W: complement(wordSet),
  s: spaces,
  S: complement(spaces),
};
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };
/** Groups within one another. */
const deepest = 50;

/**
 * Takes an expression apart that `RegExp` takes without flags; undefined for what is not known here: what looks around or
 * back, and all that is taken for something only because nothing else fits.
 */
export function parse(text: string): Node | undefined {
  let at = 0;
  let depth = 0;

  function choice(): Node {
    const of = [sequence()];
    while (text[at] === '|') {
      at += 1;
      of.push(sequence());
    }
    return of.length === 1 ? (of[0] as Node) : { kind: 'any', of };
  }

  function sequence(): Node {
    const of: Node[] = [];
    while (at < text.length && text[at] !== '|' && text[at] !== ')') of.push(repeated());
    return of.length === 1 ? (of[0] as Node) : { kind: 'all', of };
  }

  function repeated(): Node {
    const of = atom();
    const [sign = '', least, comma, most] = match(/[*+?]|\{(\d{1,4})(,)?(\d{1,4})?\}/y) ?? [];
    if (sign === '') return of;
    // Whether as much as can be or as little makes no difference to whether there is a match.
    if (text[at] === '?') at += 1;
    if (of.kind === 'edge') throw new Unknown();
    if (sign === '*') return { kind: 'repeat', of, least: 0, most: Infinity };
    if (sign === '+') return { kind: 'repeat', of, least: 1, most: Infinity };
    if (sign === '?') return { kind: 'repeat', of, least: 0, most: 1 };
    const from = Number(least);
    const to = comma === undefined ? from : most === undefined ? Infinity : Number(most);
    return { kind: 'repeat', of, least: from, most: to };
  }

  function atom(): Node {
    const sign = text[at] ?? '';
    if (sign === '(') return group();
    if (sign === '[') return { kind: 'set', set: charClass() };
    at += 1;
    if (sign === '^') return { kind: 'edge', of: 'begin' };
    if (sign === '$') return { kind: 'edge', of: 'end' };
    if (sign === '.') return { kind: 'set', set: complement(lineEnds) };
    if (sign === '\\' && text[at] === 'b') return ((at += 1), { kind: 'edge', of: 'word' });
    if (sign === '\\' && text[at] === 'B') return ((at += 1), { kind: 'edge', of: 'inside' });
    if (sign === '\\') return { kind: 'set', set: escape() };
    if (/[*+?{}\]]/.test(sign)) throw new Unknown();
    return { kind: 'set', set: one(sign.charCodeAt(0)) };
  }

  function group(): Node {
    if (!match(/\((?:\?:|\?<[A-Za-z_]\w*>|(?!\?))/y)) throw new Unknown();
    depth += 1;
    if (depth > deepest) throw new Unknown();
    const inner = choice();
    if (text[at] !== ')') throw new Unknown();
    at += 1;
    depth -= 1;
    return inner;
  }

  /** What stands behind a backslash. */
  function escape(): CharSet {
    const hex = match(/x([\da-fA-F]{2})|u([\da-fA-F]{4})/y);
    if (hex) return one(Number.parseInt(hex[1] ?? hex[2] ?? '', 16));
    const sign = text[at] ?? '';
    at += 1;
    const set = classes[sign];
    if (set) return set;
    const control = controls[sign];
    if (control !== undefined) return one(control);
    if (sign === '0' && !/\d/.test(text[at] ?? '')) return one(0);
    if (sign === '' || /[\w\d]/.test(sign)) throw new Unknown();
    return one(sign.charCodeAt(0));
  }

  function charClass(): CharSet {
    at += 1;
    const negated = text[at] === '^';
    if (negated) at += 1;
    const sets: CharSet[] = [];
    while (text[at] !== ']') {
      const from = member();
      if (text[at] !== '-' || text[at + 1] === ']') {
        sets.push(from);
        continue;
      }
      at += 1;
      const to = member();
      // A class at an end of a range is taken for something only because nothing else fits.
      if (from.length !== 2 || to.length !== 2 || from[0] !== from[1] || to[0] !== to[1]) throw new Unknown();
      sets.push([from[0] as number, to[0] as number]);
    }
    at += 1;
    const all = union(sets);
    return negated ? complement(all) : all;
  }

  function member(): CharSet {
    const sign = text[at];
    if (sign === undefined) throw new Unknown();
    at += 1;
    if (sign !== '\\') return one(sign.charCodeAt(0));
    if (text[at] !== 'b') return escape();
    at += 1;
    return one(8);
  }

  function match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  }

  try {
    const node = choice();
    return at === text.length ? node : undefined;
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

class Unknown extends Error {}

const one = (unit: number): CharSet => [unit, unit];

function complement(set: CharSet): CharSet {
  const ranges: number[] = [];
  let from = 0;
  for (let i = 0; i < set.length; i += 2) {
    const low = set[i] as number;
    if (low > from) ranges.push(from, low - 1);
    from = (set[i + 1] as number) + 1;
  }
  if (from <= last) ranges.push(from, last);
  return ranges;
}

function union(sets: readonly CharSet[]): CharSet {
  const pairs: [number, number][] = [];
  for (const set of sets) for (let i = 0; i < set.length; i += 2) pairs.push([set[i] as number, set[i + 1] as number]);
  pairs.sort(([a], [b]) => a - b);
  const ranges: number[] = [];
  for (const [low, high] of pairs) {
    const before = ranges.at(-1);
    if (before !== undefined && low <= before + 1) ranges[ranges.length - 1] = Math.max(before, high);
    else ranges.push(low, high);
  }
  return ranges;
}

export function has(set: CharSet, unit: number): boolean {
  for (let i = 0; i < set.length; i += 2)
    if (unit >= (set[i] as number)) if (unit <= (set[i + 1] as number)) return true;
  return false;
}
