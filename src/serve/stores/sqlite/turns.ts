/** Lets one work at a time. Who has worked for its time gives way once another one waits. */
export interface Turns {
  /**
   * Resolves when it is its turn, to a function that ends it; rejects with the reason of an abort. `revoke` is called when
   * the turn has been given to another one before that.
   */
  take(signal: AbortSignal, revoke: () => void): Promise<() => void>;
}

interface Turn {
  begin(): void;
  revoke(): void;
}

/** `length`: milliseconds of a turn while others wait. */
export function createTurns(length: number): Turns {
  const waiting: Turn[] = [];
  let holder: Turn | undefined;
  let began = 0;
  let timer: NodeJS.Timeout | undefined;

  function pass(): void {
    clearTimeout(timer);
    timer = undefined;
    holder = waiting.shift();
    if (!holder) return;
    began = performance.now();
    holder.begin();
    watch();
  }

  function watch(): void {
    if (waiting.length === 0 || !holder) return;
    timer ??= setTimeout(
      () => {
        const last = holder;
        pass();
        last?.revoke();
      },
      Math.max(0, began + length - performance.now()),
    );
  }

  return {
    async take(signal, revoke) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const turn = { begin: resolve, revoke };
      const end = () => {
        const at = waiting.indexOf(turn);
        if (at >= 0) waiting.splice(at, 1);
        if (holder === turn) pass();
      };
      const stop = () => (end(), reject(signal.reason as Error));
      signal.addEventListener('abort', stop, { once: true });
      waiting.push(turn);
      if (holder) watch();
      else pass();
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', stop);
      }
      return end;
    },
  };
}
