import type { CharSet, Node } from './syntax.ts';

/** A text that a match contains, in one of its spellings. */
export interface Literal {
  text: string;
  /** The letters of ASCII in it may be large or small. */
  anyCase: boolean;
}

/** So many texts stand for one expression at the most. */
const most = 16;

/** Texts that each match contains, of each list one at least; those that tell most come first. */
export const literalsOf = (node: Node): Literal[][] => inSequence([node]);

function inAll(node: Node): Literal[] | undefined {
  switch (node.kind) {
    case 'set': {
      const sign = signOf(node.set);
      return sign && [sign];
    }
    case 'any': {
      const all = node.of.map(inAll);
      const flat = all.flatMap((one) => one ?? []);
      return all.includes(undefined) || flat.length > most ? undefined : flat;
    }
    case 'all':
      return inSequence(node.of)[0];
    case 'repeat':
      return node.least > 0 ? inSequence([node])[0] : undefined;
    default:
      return undefined;
  }
}

/** Signs that follow one another are one text; those texts are best of which the shortest is longest. */
function inSequence(nodes: readonly Node[]): Literal[][] {
  const found: Literal[][] = [];
  let run: Literal[] = [];
  const close = () => {
    if (run.length > 0)
      found.push([{ text: run.map(({ text }) => text).join(''), anyCase: run.some(({ anyCase }) => anyCase) }]);
    run = [];
  };
  for (const node of flatten(nodes)) {
    if (node.kind === 'edge') continue;
    const sign = node.kind === 'set' ? signOf(node.set) : undefined;
    if (sign) {
      run.push(sign);
      continue;
    }
    if (node.kind === 'repeat' && node.of.kind === 'set' && node.least > 0) {
      const repeated = signOf(node.of.set);
      if (repeated) for (let i = 0; i < Math.min(node.least, 64); i += 1) run.push(repeated);
      close();
      // What is repeated more often ends in as many too.
      if (repeated && node.least === node.most && node.least <= 64) run = found.pop() ?? [];
      continue;
    }
    close();
    const inner = node.kind === 'repeat' ? (node.least > 0 ? inAll(node.of) : undefined) : inAll(node);
    if (inner) found.push(inner);
  }
  close();
  return found.toSorted((a, b) => shortest(b) - shortest(a));
}

/** Sequences within sequences as one. */
function flatten(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => (node.kind === 'all' ? flatten(node.of) : [node]));
}

const shortest = (literals: readonly Literal[]) => Math.min(...literals.map(({ text }) => text.length));

/** The one sign of a set, or the letter of which it has both. */
function signOf(set: CharSet): Literal | undefined {
  const [a = -1, b, c = -1, d] = set;
  if (set.length === 2 && a === b && !isHalf(a)) return { text: String.fromCharCode(a), anyCase: false };
  const letter = String.fromCharCode(c);
  return set.length === 4 && a === b && c === d && c - a === 32 && /[a-z]/.test(letter)
    ? { text: letter, anyCase: true }
    : undefined;
}

/** Half of a pair of UTF-16 is no text by itself. */
const isHalf = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
