import type { CharSet, Node } from './syntax.ts';

/** Signs that a repeated one stands for at the most. */
const most = 64;

/** The longest text that each match contains; empty if none is known. */
export function textOf(node: Node): string {
  let longest = '';
  /** What follows one another without anything else between. */
  let run = '';
  const close = () => {
    if (run.length > longest.length) longest = run;
    run = '';
  };
  function add(node: Node): void {
    switch (node.kind) {
      case 'set': {
        const sign = signOf(node.set);
        if (sign === undefined) close();
        else run += sign;
        break;
      }
      case 'all':
        node.of.forEach(add);
        break;
      case 'any':
        close();
        break;
      case 'repeat': {
        const times = node.of.kind === 'set' ? Math.min(node.least, most) : Math.min(node.least, 1);
        for (let i = 0; i < times; i += 1) add(node.of);
        if (times !== node.most) close();
        break;
      }
      default:
    }
  }
  add(node);
  close();
  return longest;
}

/** The one sign of a set. */
function signOf([first = -1, last, ...others]: CharSet): string | undefined {
  // Half of a pair of UTF-16 is no text by itself.
  const isHalf = first >= 0xd800 && first <= 0xdfff;
  return first === last && others.length === 0 && !isHalf ? String.fromCharCode(first) : undefined;
}
