import { readBatch } from '../batch.ts';
import { json, reason, refusal } from '../reply.ts';
import type { Handler, Route } from '../route.ts';
import { StoreBusy, StoreNotReady } from '../store.ts';

const write: Handler = async (asked, { store, values, metrics, log }) => {
  const body = await asked.body();
  const batch = readBatch(body.toString('utf8'), values['invalid-entries'] === 'skip');
  if ('message' in batch) return refusal(400, batch);
  const { entries, skipped } = batch;
  try {
    await store.write(entries);
  } catch (error) {
    const headers = { 'retry-after': '1' };
    if (error instanceof StoreBusy) {
      metrics.refused.inc();
      return { ...json(429, { message: 'too many entries are waiting', detail: reason(error) }), headers };
    }
    if (error instanceof StoreNotReady)
      return { ...json(503, { message: 'data store is not ready', detail: reason(error) }), headers };
    log.error('entries could not be stored', { error });
    return json(500, { message: 'failed to store entries', detail: reason(error) });
  }
  metrics.stored.inc(entries.length);
  metrics.skipped.inc(skipped.length);
  if (skipped[0]) log.warn('entries were left out', { count: skipped.length, first: skipped[0].detail });
  return { status: 200 };
};

/** What Fluent Bit's HTTP output sends. */
export default { path: '/write', access: 'write', methods: { POST: write } } satisfies Route;
