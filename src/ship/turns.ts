import type { Followed } from './followed.ts';
import type { Batch } from './sink.ts';

/** Files that wait to be read, each in its turn. */
export interface Turns {
  readonly none: boolean;
  /** Puts one at the end; false if it waits already. */
  add(one: Followed): boolean;
  /** Reads for a while into the batch; returns true if it is full, and does nothing if it was. */
  read(batch: Batch, full: boolean): boolean;
}

/** Bytes of one turn. */
const turn = 64 * 1024;
/** Milliseconds of reading after which other work gets its turn. */
const stretch = 10;

export function createTurns(onRead: (one: Followed) => void, now: () => number): Turns {
  const queue: Followed[] = [];
  return {
    get none() {
      return queue.length === 0;
    },
    add(one) {
      if (one.queued) return false;
      one.queued = true;
      queue.push(one);
      return true;
    },
    read(batch, full) {
      const start = now();
      let over = full;
      while (!over && queue.length > 0) {
        const one = queue.shift() as Followed;
        const progress = one.reader.read(batch, turn);
        onRead(one);
        one.queued = progress !== 'dry';
        if (progress === 'more') queue.push(one);
        if (progress === 'full') queue.unshift(one);
        over = progress === 'full';
        if (now() - start > stretch) break;
      }
      return over && batch.count > 0;
    },
  };
}
