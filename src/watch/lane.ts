/** The work of one agent, kept apart from that of the others: never two at once, and always on the newest wish. */
export interface Lane<W> {
  /**
   * Resolves when this wish, or a newer one in its stead, has been worked on; at once for a lane that is known to be
   * slow, so that nobody waits for it.
   */
  give(wish: W): Promise<void>;
  /** Resolves when there is nothing left to do. */
  idle(): Promise<void>;
  /** Milliseconds since the epoch at which the work that runs now began; undefined between two. */
  readonly runningSince: number | undefined;
}

export interface LaneInput<W> {
  /** Resolves to true if it came to a good end. */
  work(wish: W): Promise<boolean>;
  /** What is left to do after a wish that was never worked on, and a newer one. */
  merge(older: W, newer: W): W;
  /** Work that has taken longer, in milliseconds, makes the lane a slow one, until it comes to a good end in less. */
  slow: number;
  now(): number;
}

export function createLane<W>({ work, merge, slow, now }: LaneInput<W>): Lane<W> {
  let next: [W] | undefined;
  let running: Promise<void> | undefined;
  let runningSince: number | undefined;
  let isSlow = false;

  const run = async () => {
    try {
      while (next) {
        const [wish] = next;
        next = undefined;
        runningSince = now();
        const good = await work(wish);
        isSlow = now() - runningSince > slow || (isSlow && !good);
      }
    } finally {
      running = runningSince = undefined;
    }
  };

  return {
    give(wish) {
      const busy = running !== undefined;
      next = [next ? merge(next[0], wish) : wish];
      running ??= run();
      return isSlow || busy ? Promise.resolve() : running;
    },
    idle: async () => running,
    get runningSince() {
      return runningSince;
    },
  };
}
