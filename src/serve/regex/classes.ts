import type { Step } from './program.ts';
import { has, wordSet } from './syntax.ts';

/** Signs that no step of an expression tells apart are one class. */
export interface Classes {
  size: number;
  /** The classes of the signs below 128. */
  narrow: Uint16Array;
  classOf(unit: number): number;
  /** By class: 1 for signs of words. */
  isWord: Uint8Array;
  /** What comes behind those of the steps that take a sign of the class, each once. */
  next(steps: readonly number[], sign: number): number[];
}

export function createClasses(steps: readonly Step[]): Classes {
  const edges = new Set([0]);
  for (const set of [wordSet, ...steps.map((step) => (step.kind === 'set' ? step.set : []))])
    for (let i = 0; i < set.length; i += 2) {
      edges.add(set[i] as number);
      edges.add((set[i + 1] as number) + 1);
    }
  edges.delete(0x10000);
  const begins = [...edges].sort((a, b) => a - b);
  // Stretches of signs between two edges are alike if all sets hold both or neither.
  const kinds = new Map<string, number>();
  const samples: number[] = [];
  const sets = [...new Set([wordSet, ...steps.map((step) => (step.kind === 'set' ? step.set : []))])];
  const classes = Uint16Array.from(begins, (unit) => {
    const kind = sets.map((set) => (has(set, unit) ? 1 : 0)).join('');
    const known = kinds.get(kind);
    if (known !== undefined) return known;
    kinds.set(kind, samples.length);
    return samples.push(unit) - 1;
  });
  const classOf = (unit: number) => {
    let [low, high] = [0, begins.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((begins[middle] as number) <= unit) low = middle;
      else high = middle - 1;
    }
    return classes[low] as number;
  };
  return {
    size: samples.length,
    narrow: Uint16Array.from({ length: 128 }, (_, unit) => classOf(unit)),
    classOf,
    isWord: Uint8Array.from(samples, (unit) => (has(wordSet, unit) ? 1 : 0)),
    next(from, sign) {
      const behind = new Set<number>();
      for (const number of from) {
        const step = steps[number] as Step;
        if (step.kind === 'set' && has(step.set, samples[sign] as number)) behind.add(step.next);
      }
      return [...behind];
    },
  };
}
