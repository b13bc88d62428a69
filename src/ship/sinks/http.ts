import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { deliver, outcomeOf, type Outcome } from '../deliver.ts';
import { attributesOf, type SinkPlugin } from '../destination.ts';
import { createEntries, writeJsonText, type Entries } from '../entries.ts';
import type { Source } from '../record.ts';
import { createPoster } from '../request.ts';

const zip = promisify(gzip);

/**
 * JSON over HTTP, as Fluent Bit's http output sends it: an array of `{"date":seconds, …, "log":text}`, or the same
 * objects on lines of their own (`ndjson`).
 */
export default {
  encodings: ['json', 'ndjson'],
  open({ connection, backoff, encoding, batchSize, node }, { report, env, version }) {
    const poster = createPoster(connection, env, `kube-log-watcher/${version}`);
    const array = encoding !== 'ndjson';
    const headers = {
      'content-type': array ? 'application/json' : 'application/x-ndjson',
      'content-encoding': 'gzip',
    };
    return {
      batch() {
        const entries = createEntries();
        const known = new WeakMap<object, [Buffer, Buffer]>();
        const headOf = (source: Source, stream: 0 | 1) => {
          let heads = known.get(source.attributes);
          if (!heads) {
            heads = ([0, 1] as const).map((stream) => {
              const rest = JSON.stringify({ ...attributesOf(source, stream, node), log: '' }).slice(1, -2);
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
        const attempt = async (from: number, to: number): Promise<Outcome> => {
          const start = entries.sizeOf(0, from);
          const raw = Buffer.from(entries.bytes.subarray(start, start + entries.sizeOf(from, to)));
          for (let i = from, at = 0; i < to; at += entries.sizeOf(i, i + 1), i++) raw[at] = array ? 44 : 10;
          // The first separator makes place for the bracket.
          if (array) raw[0] = 91;
          const body = await zip(
            array ? Buffer.concat([raw, Buffer.from(']')]) : Buffer.concat([raw.subarray(1), Buffer.from('\n')]),
            { level: 1 },
          );
          try {
            const { status, detail, retryAfter } = await poster.post(body, headers, signal);
            if (status >= 200 && status < 300) report.sent(body.length);
            return outcomeOf(status, detail, retryAfter);
          } catch (error) {
            return { kind: 'retry', reason: 'no-answer', detail: (error as Error).message };
          }
        };
        await deliver(batch.count, attempt, backoff, report, signal);
      },
      close: () => poster.close(),
    };
  },
} satisfies SinkPlugin as SinkPlugin;
