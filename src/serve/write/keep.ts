import { reason, type Fault } from '../reply.ts';
import type { World } from '../route.ts';
import { StoreBusy, StoreNotReady, type Entry } from '../store.ts';

/** Why entries were not stored; `headers` tell when to come again. */
export interface Unkept {
  status: 429 | 500 | 503;
  fault: Fault;
  headers?: Readonly<Record<string, string>>;
}

const headers = { 'retry-after': '1' };

/** Stores entries; when it resolves with undefined they are durable. */
export async function keep(
  entries: readonly Entry[],
  { store, metrics, log }: Pick<World, 'store' | 'metrics' | 'log'>,
): Promise<Unkept | undefined> {
  try {
    await store.write(entries);
  } catch (error) {
    const fault = (message: string): Fault => ({ message, detail: reason(error) });
    if (error instanceof StoreBusy) {
      metrics.refused.inc();
      return { status: 429, fault: fault('too many entries are waiting'), headers };
    }
    if (error instanceof StoreNotReady) return { status: 503, fault: fault('data store is not ready'), headers };
    log.error('entries could not be stored', { error });
    return { status: 500, fault: fault('failed to store entries') };
  }
  metrics.stored.inc(entries.length);
  return undefined;
}
