import { runInNewContext } from 'node:vm';

/** Milliseconds for which no change may have been made. */
const quiet = 500;
/** Milliseconds from one to the next. */
const apart = 10_000;

export interface Rest {
  /** Changes were made. */
  soon(): void;
  close(): void;
}

/**
 * Gives back the memory that changes took, once no more are made: V8 would keep it until it needs the room, and a node
 * may rest for hours. It takes as long as a pass, so it is done seldom, and not for passes that change nothing.
 */
export function createRest(
  collect: () => void = collectAll,
  now: () => number = performance.now.bind(performance),
): Rest {
  let timer: NodeJS.Timeout | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const run = () => {
    collect();
    last = now();
  };
  return {
    soon() {
      clearTimeout(timer);
      timer = setTimeout(run, Math.max(quiet, last + apart - now())).unref();
    },
    close: () => clearTimeout(timer),
  };
}

/** Only contexts that are made after the flag `--expose-gc` have a `gc`; without the flag nothing is done. */
function collectAll(): void {
  runInNewContext("globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })");
}
