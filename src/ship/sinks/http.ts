import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { attributesOf, wholeName, type SinkPlugin } from '../destination.ts';
import { createEntries, type Entries } from '../entries.ts';
import { writeJsonText } from '../json-text.ts';
import { createPusher } from '../push.ts';
import type { Source } from '../record.ts';

const zip = promisify(gzip);

/**
 * JSON over HTTP, as Fluent Bit's http output sends it: an array of `{"date":seconds, …, "log":text}`, or the same
 * objects on lines of their own (`ndjson`).
 */
export default {
  encodings: ['json', 'ndjson'],
  open(destination, world) {
    const { encoding, batchSize, node, named } = destination;
    const array = encoding !== 'ndjson';
    const headers = {
      'content-type': array ? 'application/json' : 'application/x-ndjson',
      'content-encoding': 'gzip',
    };
    const pusher = createPusher(destination, world, headers);
    return {
      batch() {
        const entries = createEntries();
        const known = new WeakMap<object, [Buffer, Buffer]>();
        const headOf = (source: Source, stream: 0 | 1) => {
          let heads = known.get(source.attributes);
          if (!heads) {
            heads = ([0, 1] as const).map((stream) => {
              const name = named ? wholeName(source) : undefined;
              const told = { ...(name && { name }), ...attributesOf(source, stream, node), log: '' };
              const rest = JSON.stringify(told).slice(1, -2);
              return Buffer.from(`,${rest.toWellFormed()}`);
            }) as [Buffer, Buffer];
            known.set(source.attributes, heads);
          }
          return heads[stream];
        };
        return {
          entries,
          get count() {
            return entries.count;
          },
          get size() {
            return entries.size;
          },
          room: (bytes) => entries.count === 0 || entries.size + bytes + 512 <= batchSize,
          add({ source, stream, seconds, nanos, bytes, start, end }) {
            const head = headOf(source, stream);
            const to = entries.reserve(64 + head.length + (end - start) * 6);
            let at = entries.size;
            at += to.write(`,{"date":${seconds}.${String(nanos).padStart(9, '0')}`, at, 'latin1');
            at += head.copy(to, at);
            at = writeJsonText(to, at, bytes, start, end);
            at += to.write('"}', at, 'latin1');
            entries.push(at, entries.group(source, stream));
          },
          clear: () => entries.clear(),
        };
      },
      async send(batch, signal) {
        const { entries } = batch as unknown as { entries: Entries };
        const bodyOf = (from: number, to: number) => {
          const start = entries.sizeOf(0, from);
          const raw = Buffer.from(entries.bytes.subarray(start, start + entries.sizeOf(from, to)));
          for (let i = from, at = 0; i < to; at += entries.sizeOf(i, i + 1), i++) raw[at] = array ? 44 : 10;
          // The first separator makes place for the bracket.
          if (array) raw[0] = 91;
          const parts = array ? [raw, Buffer.from(']')] : [raw.subarray(1), Buffer.from('\n')];
          return zip(Buffer.concat(parts), { level: 1 });
        };
        await pusher.push(batch.count, bodyOf, signal);
      },
      close: () => pusher.close(),
    };
  },
} satisfies SinkPlugin as SinkPlugin;
