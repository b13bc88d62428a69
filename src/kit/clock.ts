/** Does something as if it were next year and the dice fell otherwise. Not for two things at once. */
export async function nextYear<T>(work: () => Promise<T>): Promise<T> {
  const { Date: Now } = globalThis;
  const random = Math.random;
  const shift = 366 * 24 * 3600 * 1000 + 1;
  class Later extends Now {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [Now.now() + shift] : given) as [number]));
    }
    static override now(): number {
      return Now.now() + shift;
    }
  }
  globalThis.Date = Later as DateConstructor;
  Math.random = () => (random() + 0.5) % 1;
  try {
    return await work();
  } finally {
    globalThis.Date = Now;
    Math.random = random;
  }
}
