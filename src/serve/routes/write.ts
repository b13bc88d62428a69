import { BatchTooLarge, readBatch } from '../write/batch.ts';
import { keep } from '../write/keep.ts';
import { reason, refusal } from '../reply.ts';
import type { Handler, Reply, Route } from '../route.ts';

const write: Handler = async (asked, world) => {
  const { values, metrics, log } = world;
  const body = await asked.body();
  const tag = asked.headers[values['tag-header'].toLowerCase()];
  const lenient = values['invalid-entries'] === 'skip';
  const reading = { lenient, tag: typeof tag === 'string' ? tag : undefined };
  const limits = { entries: values['entries-limit'], line: values['line-limit'] };
  let batch: ReturnType<typeof readBatch>;
  try {
    batch = readBatch(body.toString('utf8'), reading, limits);
  } catch (error) {
    if (error instanceof BatchTooLarge) return tooMany(reason(error));
    throw error;
  }
  if ('message' in batch) return refusal(400, batch);
  const { entries, skipped, cut } = batch;
  const unkept = await keep(entries, world);
  if (unkept) return { ...refusal(unkept.status, unkept.fault), headers: unkept.headers ?? {} };
  metrics.cut.inc(cut);
  for (const one of skipped) metrics.skipped.inc({ reason: one.reason });
  if (skipped[0]) log.warn('entries were left out', { count: skipped.length, first: skipped[0].fault.detail });
  return { status: 200 };
};

const tooMany = (detail: string): Reply => refusal(413, { message: 'too many entries', detail });

/** What Fluent Bit's HTTP output sends. */
export default { path: '/write', access: 'write', methods: { POST: write } } satisfies Route;
