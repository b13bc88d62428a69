import { createClasses } from './classes.ts';
import { closure } from './closure.ts';
import type { Program } from './program.ts';

/** Tells whether there is a match in a text; both take a time that grows with the text alone. */
export interface Automaton {
  inText(text: string): boolean;
  /** In UTF-8 that is in order, from one byte to before another. */
  inBytes(bytes: Uint8Array, from: number, to: number): boolean;
  /** How often there were so many states that they were forgotten; they are made again as they are needed. */
  readonly forgot: number;
}

/** A set of steps that may come next, and what is known of the place. */
interface State {
  steps: readonly number[];
  atBegin: boolean;
  behindWord: boolean;
  atEnd: boolean | undefined;
}

const unknown = -1;
const found = 0;
const dead = 1;
/** States that are kept at once. */
const most = 1000;

/** Makes states as texts need them. Source: https://swtch.com/~rsc/regexp/regexp1.html#caching */
export function createAutomaton({ steps, start }: Program): Automaton {
  const classes = createClasses(steps);
  const { size, narrow, classOf, isWord } = classes;
  const follow = closure(steps);
  const isLost = [false, true].every((behindWord) =>
    [false, true].every((beforeWord) => {
      const { ends, sets } = follow([start], { atBegin: false, atEnd: false, behindWord, beforeWord });
      return !ends && sets.length === 0;
    }),
  );
  // Of what can match at the very end alone, edges at the end are among it.
  const isLostAtEnd = [false, true].every(
    (behindWord) => !follow([start], { atBegin: false, atEnd: true, behindWord, beforeWord: false }).ends,
  );
  /** No match begins anywhere but at the beginning. */
  const anchored = isLost && isLostAtEnd;
  let next = new Int32Array(0);
  let states: State[] = [];
  let numbers = new Map<string, number>();
  let forgot = -1;
  forget();

  function forget(): void {
    forgot += 1;
    next = new Int32Array(Math.min(most, 32) * size).fill(unknown);
    // In the place of the two that are no states.
    states = [];
    numbers = new Map();
    for (const name of ['found', 'dead']) add(name, { steps: [], atBegin: false, behindWord: false, atEnd: false });
    next.fill(found, 0, size);
    next.fill(dead, size, 2 * size);
    begin();
  }

  function add(name: string, state: State): number {
    const number = states.push(state) - 1;
    numbers.set(name, number);
    if (number * size >= next.length) {
      const longer = new Int32Array(next.length * 2).fill(unknown);
      longer.set(next);
      next = longer;
    }
    return number;
  }

  function begin(): number {
    return number([start], true, false);
  }

  function number(steps: readonly number[], atBegin: boolean, behindWord: boolean): number {
    const name = `${steps.join()} ${atBegin ? 1 : 0}${behindWord ? 1 : 0}`;
    return numbers.get(name) ?? add(name, { steps, atBegin, behindWord, atEnd: undefined });
  }

  /** What follows a state with a sign of a class; it is a number of now, if states were forgotten meanwhile too. */
  function make(from: number, sign: number): number {
    const state = states[from] as State;
    const place = { ...state, atEnd: false, beforeWord: isWord[sign] === 1 };
    const { ends, sets } = follow(state.steps, place);
    let made: number;
    if (ends) made = found;
    else {
      const behind = classes.next(sets, sign);
      if (!anchored && !behind.includes(start)) behind.push(start);
      if (behind.length === 0) made = dead;
      else {
        if (states.length >= most) {
          forget();
          return number(
            behind.sort((a, b) => a - b),
            false,
            place.beforeWord,
          );
        }
        made = number(
          behind.sort((a, b) => a - b),
          false,
          place.beforeWord,
        );
      }
    }
    next[from * size + sign] = made;
    return made;
  }

  function endsAt(at: number): boolean {
    if (at === found) return true;
    const state = states[at] as State;
    return (state.atEnd ??= follow(state.steps, { ...state, atEnd: true, beforeWord: false }).ends);
  }

  const step = (state: number, sign: number): number => {
    const known = next[state * size + sign] as number;
    return known === unknown ? make(state, sign) : known;
  };

  return {
    get forgot() {
      return forgot;
    },
    inText(text) {
      let state = begin();
      for (let i = 0; i < text.length; i += 1) {
        const unit = text.charCodeAt(i);
        state = step(state, unit < 128 ? (narrow[unit] as number) : classOf(unit));
        if (state <= dead) return state === found;
      }
      return endsAt(state);
    },
    inBytes(bytes, from, to) {
      let state = begin();
      for (let i = from; i < to; i += 1) {
        const byte = bytes[i] as number;
        if (byte < 128) {
          const sign = narrow[byte] as number;
          const known = next[state * size + sign] as number;
          state = known === unknown ? make(state, sign) : known;
        } else {
          let unit: number;
          const second = (bytes[i + 1] as number) & 63;
          if (byte < 0xe0) {
            unit = ((byte & 31) << 6) | second;
            i += 1;
          } else if (byte < 0xf0) {
            unit = ((byte & 15) << 12) | (second << 6) | ((bytes[i + 2] as number) & 63);
            i += 2;
          } else {
            const third = (bytes[i + 2] as number) & 63;
            const point = ((byte & 7) << 18) | (second << 12) | (third << 6) | ((bytes[i + 3] as number) & 63);
            state = step(state, classOf(0xd7c0 + (point >> 10)));
            if (state <= dead) return state === found;
            unit = 0xdc00 | (point & 0x3ff);
            i += 3;
          }
          state = step(state, classOf(unit));
        }
        if (state <= dead) return state === found;
      }
      return endsAt(state);
    },
  };
}
