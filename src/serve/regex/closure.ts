import type { Step } from './program.ts';

/** What is known of a place between two signs. */
export interface Place {
  atBegin: boolean;
  atEnd: boolean;
  /** Whether the sign before it, and the one behind it, belong to a word. */
  behindWord: boolean;
  beforeWord: boolean;
}

/** Returns a function that goes on from steps as far as it goes without taking a sign. */
export function closure(steps: readonly Step[]) {
  const seen = new Uint32Array(steps.length);
  let turn = 0;
  return (from: readonly number[], place: Place): { ends: boolean; sets: number[] } => {
    turn += 1;
    const waiting = [...from];
    const sets: number[] = [];
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
      if (seen[number] === turn) continue;
      seen[number] = turn;
      const step = steps[number] as Step;
      if (step.kind === 'end') return { ends: true, sets };
      if (step.kind === 'set') sets.push(number);
      else if (step.kind === 'either') waiting.push(step.next, step.other);
      else if (holds(step.of, place)) waiting.push(step.next);
    }
    return { ends: false, sets };
  };
}

function holds(edge: 'begin' | 'end' | 'word' | 'inside', place: Place): boolean {
  if (edge === 'begin') return place.atBegin;
  if (edge === 'end') return place.atEnd;
  return (place.behindWord !== place.beforeWord) === (edge === 'word');
}
