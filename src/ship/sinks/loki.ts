import { attributesOf, type Destination, type SinkPlugin } from '../destination.ts';
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

/** Of times that Loki doesn't take it stores the other entries of the push all the same, and may tell the number. */
function refusal(outcome: Outcome): Outcome {
  if (outcome.kind !== 'refuse') return outcome;
  const { detail } = outcome;
  const [, ignored] = /total ignored: (\d+) out of/.exec(detail) ?? [];
  if (ignored) return { ...outcome, reason: 'time', dropped: Number(ignored) };
  return /timestamp too (old|new)|entry too far behind|out of order/.test(detail)
    ? { ...outcome, reason: 'time', dropped: 1 }
    : outcome;
}

interface LokiBatch extends Batch {
  entries: Entries;
}

function lokiBatch(destination: Destination, format: Format): LokiBatch {
  const { batchSize, metadata, node } = destination;
  const entries = createEntries();
  let last: Source['attributes'] | undefined;
  let tail: Buffer = Buffer.alloc(0);
  const known = new WeakMap<object, Buffer>();
  return {
    entries,
    get count() {
      return entries.count;
    },
    get size() {
      return entries.size;
    },
    room: (bytes) => entries.count === 0 || entries.size + bytes + tail.length + 64 <= batchSize,
    add(record) {
      const { source } = record;
      if (source.attributes !== last) {
        last = source.attributes;
        const all = attributesOf(source, 0, node);
        tail = known.get(last) ?? format.metadata(metadataOf(all, metadata));
        known.set(last, tail);
      }
      format.encode(record, tail, entries);
    },
    clear() {
      entries.clear();
      last = undefined;
    },
  };
}
