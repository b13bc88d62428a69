/** Lets so many through at once; those who come later wait in their order. */
export interface Turnstile {
  /** Runs the work when there is room for its weight; what is heavier than all of it goes alone. */
  pass<T>(work: () => Promise<T>, weight?: number): Promise<T>;
}

export function createTurnstile(room: number): Turnstile {
  let free = room;
  const waiting: { weight: number; enter: () => void }[] = [];
  const admit = () => {
    for (let next = waiting[0]; next && next.weight <= free; next = waiting[0]) {
      free -= next.weight;
      waiting.shift();
      next.enter();
    }
  };
  return {
    async pass(work, weight = 1) {
      const taken = Math.min(weight, room);
      if (waiting.length > 0 || taken > free)
        await new Promise<void>((enter) => waiting.push({ weight: taken, enter }));
      else free -= taken;
      try {
        return await work();
      } finally {
        free += taken;
        admit();
      }
    },
  };
}
