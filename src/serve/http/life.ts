/** Why a request was ended before its answer was. */
export class TimeOver extends Error {}

/** The signal of one request, and the time it has. */
export interface Life {
  signal: AbortSignal;
  /** Gives it its whole time again. */
  renew(): void;
  end(reason: Error): void;
}

/** Ends by itself after so many milliseconds without a renewal. */
export function createLife(patience: number): Life {
  const controller = new AbortController();
  const over = () => controller.abort(new TimeOver(`nothing came or was taken for ${patience / 1000} seconds`));
  const timer = setTimeout(over, patience);
  timer.unref();
  return {
    signal: controller.signal,
    renew: () => timer.refresh(),
    end(reason) {
      clearTimeout(timer);
      controller.abort(reason);
    },
  };
}
