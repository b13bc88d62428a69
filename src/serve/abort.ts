/** The work, or the reason of the abort if that comes first; the work itself goes on then. */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The same for one work after the other, at less cost for each. */
export function abortable(signal: AbortSignal): { race<T>(work: Promise<T>): Promise<T>; close(): void } {
  let stop: ((reason: unknown) => void) | undefined;
  const told = () => stop?.(signal.reason);
  signal.addEventListener('abort', told, { once: true });
  return {
    race: (work) =>
      new Promise((resolve, reject) => {
        stop = reject;
        if (signal.aborted) told();
        work.then(resolve, reject);
      }),
    close: () => signal.removeEventListener('abort', told),
  };
}
