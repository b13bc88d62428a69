import { readBatch } from '../batch.ts';
import { keep } from '../keep.ts';
import { refusal } from '../reply.ts';
import type { Handler, Route } from '../route.ts';

const write: Handler = async (asked, world) => {
  const { values, metrics, log } = world;
  const body = await asked.body();
  const batch = readBatch(body.toString('utf8'), values['invalid-entries'] === 'skip');
  if ('message' in batch) return refusal(400, batch);
  const { entries, skipped } = batch;
  const unkept = await keep(entries, world);
  if (unkept) return { ...refusal(unkept.status, unkept.fault), headers: unkept.headers ?? {} };
  metrics.skipped.inc(skipped.length);
  if (skipped[0]) log.warn('entries were left out', { count: skipped.length, first: skipped[0].detail });
  return { status: 200 };
};

/** What Fluent Bit's HTTP output sends. */
export default { path: '/write', access: 'write', methods: { POST: write } } satisfies Route;
