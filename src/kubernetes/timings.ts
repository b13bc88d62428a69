/** From the least to the most; what is taken lies between. */
export type Range = readonly [least: number, most: number];

/** Milliseconds, if nothing else is said. */
export const defaultTimings = {
  /** The bounds of the back-off after failures. */
  retry: [500, 30_000] as Range,
  /** The most where no server was reached, which costs it nothing: so what an outage has held back comes soon after it. */
  unreached: 5_000,
  /** Seconds after which the server is asked to end a watch. */
  watchSeconds: [240, 480] as Range,
  /** How much longer than asked for a watch may last. */
  grace: 30_000,
  /** How long a watch may say nothing; bookmarks come about once a minute. */
  silence: 150_000,
  /** How long a list may pause. */
  listSilence: 30_000,
  /** A watch that has lasted so long is well, even when it had nothing to tell. */
  settled: 5_000,
  /** The time between two requests, on average. */
  pace: 1_000,
  /** The time between two complete lists that are asked for. */
  relistGap: 10_000,
  /** The time after which a complete list is read in any case. */
  relist: [600_000, 1_800_000] as Range,
  /** The time between two updates of the watch's age. */
  age: 5_000,
};
export type Timings = typeof defaultTimings;
