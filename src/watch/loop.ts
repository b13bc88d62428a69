import { setTimeout as sleep } from 'node:timers/promises';

/** Runs passes: at least one after each ring, never two at once, many rings in one. */
export interface Loop {
  ring(): void;
  /** Resolves after the abort, when the pass that runs then is over. */
  run(signal: AbortSignal): Promise<void>;
  /** Milliseconds since the epoch at which the pass that runs now began; undefined between passes. */
  readonly runningSince: number | undefined;
}

/**
 * Rings are gathered for `settle` milliseconds, and after a pass for half as long as it took, at most a second: so a
 * storm of events leaves a third of a core to others.
 */
export function createLoop(pass: () => Promise<void>, settle: number, now: () => number = Date.now): Loop {
  let rung = Promise.withResolvers<void>();
  let runningSince: number | undefined;
  return {
    ring: () => rung.resolve(),
    get runningSince() {
      return runningSince;
    },
    async run(signal) {
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      let notBefore = 0;
      while (!signal.aborted) {
        await Promise.race([rung.promise, aborted]);
        await sleep(Math.max(settle, notBefore - now()), undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        rung = Promise.withResolvers<void>();
        runningSince = now();
        await pass();
        notBefore = now() + Math.min(1000, (now() - runningSince) / 2);
        runningSince = undefined;
      }
    },
  };
}
