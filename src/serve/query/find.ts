import { setImmediate as turn } from 'node:timers/promises';
import { predicate } from './condition.ts';
import type { Asking } from './selection.ts';
import type { Found, Search, Store } from '../store.ts';

/** So many entries are looked at before other work gets its turn. */
const stint = 500;

/** What the store finds, less what doesn't hold for what it could not look at. */
export async function* find(
  store: Store,
  { selection, rest }: Asking,
  order: Pick<Search, 'direction' | 'after'>,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  const holds = rest.map(predicate);
  let looked = 0;
  for await (const found of store.search({ ...selection, ...order }, signal)) {
    if (holds.every((test) => test(found))) yield found;
    looked += 1;
    if (looked % stint > 0) continue;
    await turn();
    signal.throwIfAborted();
  }
}
