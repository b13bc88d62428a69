import type { Destination, SinkPlugin } from '../destination.ts';
import type { Outcome } from '../deliver.ts';
import { createEntries, type Entries } from '../entries.ts';
import type { Format } from '../loki/format.ts';
import { json } from '../loki/json.ts';
import { metadataOf } from '../loki/labels.ts';
import { protobuf } from '../loki/protobuf.ts';
import { createPusher } from '../push.ts';
import type { Source } from '../record.ts';
import type { Batch } from '../sink.ts';

/** Grafana Loki's push API: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
export default {
  encodings: ['protobuf', 'json'],
  open(destination, world) {
    const { encoding, tenant } = destination;
    const format = encoding === 'json' ? json() : protobuf();
    const headers = { ...format.headers, ...(tenant && { 'x-scope-orgid': tenant }) };
    const pusher = createPusher(destination, world, headers, refusal);
    return {
      batch: () => lokiBatch(destination, format),
      async send(batch, signal) {
        const { entries } = batch as LokiBatch;
        await pusher.push(batch.count, (from, to) => format.body(entries, from, to, destination), signal);
      },
      close: () => pusher.close(),
    };
  },
} satisfies SinkPlugin as SinkPlugin;

/** What Loki says of single entries. The others of the push are stored all the same, so nothing of it is sent again. */
const refusals: readonly [pattern: RegExp, reason: string][] = [
  [/timestamp too (?:old|new)|too far behind|out of order/i, 'time'],
  [/max entry size/i, 'line-too-long'],
  [/structured metadata/i, 'metadata'],
];

function refusal(outcome: Outcome, text: string): Outcome {
  const reason = outcome.kind === 'refuse' && refusals.find(([pattern]) => pattern.test(text))?.[1];
  if (outcome.kind !== 'refuse' || !reason) return outcome;
  // Of one entry it is the message alone; of several the distributor and the ingester count in ways of their own.
  const counts = [...text.matchAll(/(\d+) errors like:|total ignored: (\d+) out of/g)];
  const dropped = counts.reduce((sum, [, like, ignored]) => sum + Number(like ?? ignored), 0);
  return { ...outcome, reason, dropped: dropped || 1 };
}

interface LokiBatch extends Batch {
  entries: Entries;
}

function lokiBatch(destination: Destination, format: Format): LokiBatch {
  const { batchSize } = destination;
  const entries = createEntries();
  let last: Source['attributes'] | undefined;
  let tails: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  const known = new WeakMap<object, [Buffer, Buffer]>();
  const tail = (source: Source, stream: 0 | 1) => format.metadata(metadataOf({ source, stream }, destination));
  return {
    entries,
    get count() {
      return entries.count;
    },
    get size() {
      return entries.size;
    },
    room: (bytes) => entries.count === 0 || entries.size + bytes + tails[0].length + 64 <= batchSize,
    add(record) {
      const { source, stream } = record;
      if (source.attributes !== last) {
        last = source.attributes;
        tails = known.get(last) ?? [tail(source, 0), tail(source, 1)];
        known.set(last, tails);
      }
      format.encode(record, tails[stream], entries);
    },
    clear() {
      entries.clear();
      last = undefined;
    },
  };
}
