import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store.ts';

/** Milliseconds for which an answer of the store stands, and for which it is waited for. */
const times = { stands: 1000, patience: 10_000 };

/** The store, whose check is asked for once a second however many probes there are, and never waited for long. */
export function probed(store: Store, clock: () => number = () => performance.now()): Store {
  let last: { at: number; answer: Promise<void> } | undefined;
  const ask = async () => {
    const late = new AbortController();
    try {
      await Promise.race([
        store.check(),
        sleep(times.patience, undefined, { signal: late.signal, ref: false }).then(() => {
          throw new Error('the store does not answer');
        }),
      ]);
    } finally {
      late.abort();
    }
  };
  return {
    write: (entries) => store.write(entries),
    search: (search, signal) => store.search(search, signal),
    count: (selection, by, step, signal) => store.count(selection, by, step, signal),
    series: (selection, signal) => store.series(selection, signal),
    extent: (signal) => store.extent(signal),
    check() {
      const at = clock();
      if (!last || at - last.at >= times.stands) last = { at, answer: ask() };
      return last.answer;
    },
    close: () => store.close(),
  };
}
