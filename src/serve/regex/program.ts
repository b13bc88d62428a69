import type { CharSet, Node } from './syntax.ts';

/** Steps of an expression: a sign out of a set, one of two ways, an edge, or the end. A step names the next by number. */
export type Step =
  | { kind: 'set'; set: CharSet; next: number }
  | { kind: 'either'; next: number; other: number }
  | { kind: 'edge'; of: 'begin' | 'end' | 'word' | 'inside'; next: number }
  | { kind: 'end' };

export interface Program {
  steps: readonly Step[];
  start: number;
}

/** So many steps are made at the most. */
const most = 1000;

/** Source: https://swtch.com/~rsc/regexp/regexp1.html. Undefined if it takes too many steps. */
export function compile(node: Node): Program | undefined {
  const steps: Step[] = [{ kind: 'end' }];
  const put = (step: Step): number => {
    if (steps.length >= most) throw new TooMany();
    return steps.push(step) - 1;
  };

  /** Made from its end: what follows is there already. */
  function make(node: Node, next: number): number {
    switch (node.kind) {
      case 'set':
        return put({ kind: 'set', set: node.set, next });
      case 'edge':
        return put({ kind: 'edge', of: node.of, next });
      case 'all':
        return node.of.reduceRight((behind, one) => make(one, behind), next);
      case 'any':
        return node.of
          .map((one) => make(one, next))
          .reduceRight((other, first) => put({ kind: 'either', next: first, other }));
      default:
        return repeat(node.of, node.least, node.most, next);
    }
  }

  function repeat(of: Node, least: number, most: number, next: number): number {
    let begin = next;
    if (most === Infinity) {
      const loop: Extract<Step, { kind: 'either' }> = { kind: 'either', next, other: next };
      begin = put(loop);
      loop.next = make(of, begin);
    } else for (let i = least; i < most; i += 1) begin = put({ kind: 'either', next: make(of, begin), other: next });
    for (let i = 0; i < least; i += 1) {
      const before = steps.length;
      begin = make(of, begin);
      // What is nothing is nothing however often.
      if (steps.length === before) break;
    }
    return begin;
  }

  try {
    return { start: make(node, 0), steps };
  } catch (error) {
    if (error instanceof TooMany) return undefined;
    throw error;
  }
}

class TooMany extends Error {}
