import type { Source } from '../record.ts';
import { snappyCompressor, writeVarint } from '../snappy.ts';
import { gatherer, type Format } from './format.ts';
import { labelsOf } from './labels.ts';

/** logproto.PushRequest in a Snappy block: https://github.com/grafana/loki/blob/main/pkg/push/push.proto */
export function protobuf(): Format {
  const compress = snappyCompressor();
  const gather = gatherer();
  const field = (tag: number, value: Buffer) => {
    const head = Buffer.alloc(8);
    head[0] = tag;
    return Buffer.concat([head.subarray(0, writeVarint(head, 1, value.length)), value]);
  };
  return {
    headers: { 'content-type': 'application/x-protobuf' },
    metadata: (pairs) =>
      Buffer.concat(
        pairs.map(([name, value]) =>
          field(0x1a, Buffer.concat([field(0x0a, Buffer.from(name)), field(0x12, Buffer.from(value.toWellFormed()))])),
        ),
      ),
    encode(record, metadata, entries) {
      const { source, stream, seconds, nanos, bytes, start, end } = record;
      const length = end - start;
      const time = 1 + varintLength(seconds) + (nanos > 0 ? 1 + varintLength(nanos) : 0);
      const body = 2 + time + 1 + varintLength(length) + length + metadata.length;
      const to = entries.reserve(body + 16);
      let at = entries.size;
      to[at++] = 0x12;
      at = writeVarint(to, at, body);
      to[at++] = 0x0a;
      to[at++] = time;
      to[at++] = 0x08;
      at = writeVarint(to, at, seconds);
      if (nanos > 0) {
        to[at++] = 0x10;
        at = writeVarint(to, at, nanos);
      }
      to[at++] = 0x12;
      at = writeVarint(to, at, length);
      at += bytes.copy(to, at, start, end);
      if (metadata.length > 0) at += metadata.copy(to, at);
      entries.push(at, entries.group(source, stream));
    },
    body(entries, from, to, destination) {
      const parts: Buffer[] = [];
      for (const [group, { size, runs }] of entries.byGroup(from, to)) {
        const labels = labelsOf(entries.groups()[group] as { source: Source; stream: 0 | 1 }, destination);
        const text = labels.map(([name, value]) => `${name}=${quote(value)}`).join(', ');
        const named = field(0x0a, Buffer.from(`{${text}}`));
        const head = Buffer.alloc(8);
        head[0] = 0x0a;
        parts.push(head.subarray(0, writeVarint(head, 1, named.length + size)), named);
        for (const [start, end] of runs) parts.push(entries.bytes.subarray(start, end));
      }
      return Promise.resolve(compress(gather(parts)));
    },
  };
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** As Go's %q, which Loki reads labels by, of what Go and JSON write alike; the rest as it stands. */
function quote(value: string): string {
  // eslint-disable-next-line no-control-regex
  return JSON.stringify(value).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
