import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface LokiEntry {
  labels: Record<string, string>;
  /** Nanoseconds since 1970. */
  time: bigint;
  line: string;
  metadata: Record<string, string>;
}

/** Reads a push as Loki does; throws what it says of one that it can't read, and then nothing of it is stored. */
export function decode(headers: IncomingHttpHeaders, body: Buffer): { raw: number; read: LokiEntry[] } {
  const encoding = headers['content-encoding'];
  if (headers['content-type'] === 'application/json') {
    if (encoding !== undefined && encoding !== 'gzip') throw new Error(`Content-Encoding ${encoding} not supported`);
    const text = encoding === 'gzip' ? gunzipSync(body) : body;
    const { streams } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as {
      streams: { stream: Record<string, string>; values: [string, string, Record<string, string>?][] }[];
    };
    return {
      raw: text.length,
      read: streams.flatMap(({ stream, values }) =>
        values.map(([time, line, metadata = {}]) => {
          if (typeof time !== 'string' || !/^\d+$/.test(time)) throw new Error('time is no text of digits');
          if (typeof line !== 'string') throw new Error('line is no text');
          return legal({ labels: stream, time: BigInt(time), line, metadata });
        }),
      ),
    };
  }
  if (encoding !== undefined) throw new Error('snappy: corrupt input');
  const raw = unsnappy(body);
  const read = fields(raw).flatMap(({ value }) => {
    const stream = fields(value as Buffer);
    const labels = Object.fromEntries(
      [...text(stream[0]?.value).matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)].map(([, name = '', quoted = '']) => [
        name,
        JSON.parse(quoted) as string,
      ]),
    );
    return stream.slice(1).map(({ value }) => {
      const entry = fields(value as Buffer);
      const [seconds = 0, nanos = 0] = [1, 2].map(
        (tag) => fields(entry[0]?.value as Buffer).find((one) => one.tag === tag)?.value as number | undefined,
      );
      const metadata = entry
        .filter(({ tag }) => tag === 3)
        .map(({ value }) => fields(value as Buffer).map((one) => text(one.value)) as [string, string]);
      const line = text(entry.find(({ tag }) => tag === 2)?.value);
      const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
      return legal({ labels, time, line, metadata: Object.fromEntries(metadata) });
    });
  });
  return { raw: raw.length, read };
}

/** What the parser of labels and metadata takes. */
function legal(entry: LokiEntry): LokiEntry {
  if (Object.keys(entry.labels).length === 0) throw new Error('error at least one label pair is required per stream');
  for (const [name, value] of Object.entries(entry.labels))
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || typeof value !== 'string') throw new Error(`parse error: ${name}`);
  if (Object.values(entry.metadata).some((value) => typeof value !== 'string')) throw new Error('metadata');
  return entry;
}

/**
 * What is wrong with an entry by the limits of Loki 3.1; the others of the push are stored all the same.
 * https://grafana.com/docs/loki/v3.1.x/configure/#limits_config
 */
export function excess({ labels, line, metadata }: LokiEntry): string | undefined {
  const size = (text: string) => Buffer.byteLength(text);
  const names = Object.keys(labels);
  if (names.length > 15) return `entry for stream has ${names.length} label names; limit 15`;
  if (names.some((name) => size(name) > 1024)) return 'stream has label name too long';
  if (Object.values(labels).some((value) => size(value) > 2048)) return 'stream has label value too long';
  if (size(line) > 256 * 1024)
    return `Max entry size '262144' bytes exceeded for stream while adding an entry with length '${size(line)}' bytes`;
  const pairs = Object.entries(metadata);
  if (pairs.length > 128) return 'stream has too many structured metadata labels';
  if (pairs.reduce((sum, [name, value]) => sum + size(name) + size(value), 0) > 64 * 1024)
    return 'stream has structured metadata too large';
  return undefined;
}

const strict = new TextDecoder('utf-8', { fatal: true });
const text = (value: unknown) => (value === undefined ? '' : strict.decode(value as Buffer));

function fields(bytes: Buffer): { tag: number; value: Buffer | number }[] {
  const found: { tag: number; value: Buffer | number }[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('proto: unexpected end');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const value = varint();
    if ((key & 7) === 0) {
      found.push({ tag: key >> 3, value });
    } else if ((key & 7) === 2) {
      if (at + value > bytes.length) throw new Error('proto: unexpected end');
      found.push({ tag: key >> 3, value: bytes.subarray(at, at + value) });
      at += value;
    } else throw new Error('proto: wrong wire type');
  }
  return found;
}

/** Snappy's block format, as its description says. */
export function unsnappy(input: Buffer): Buffer {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = input[at++];
    if (byte === undefined) throw new Error('snappy: corrupt input');
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  const output = Buffer.alloc(length);
  let end = 0;
  while (at < input.length) {
    const tag = input[at++] as number;
    let size = (tag >> 2) + 1;
    if ((tag & 3) === 0) {
      if (size > 60) {
        const bytes = size - 60;
        size = input.readUIntLE(at, bytes) + 1;
        at += bytes;
      }
      if (end + size > length || at + size > input.length) throw new Error('snappy: corrupt input');
      input.copy(output, end, at, at + size);
      at += size;
      end += size;
      continue;
    }
    let offset: number;
    if ((tag & 3) === 1) {
      size = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | (input[at++] as number);
    } else {
      offset = input.readUInt16LE(at);
      at += 2;
    }
    if (offset === 0 || offset > end || end + size > length || (tag & 3) === 3)
      throw new Error('snappy: corrupt input');
    for (let i = 0; i < size; i++, end++) output[end] = output[end - offset] as number;
  }
  if (end !== length) throw new Error('snappy: corrupt input');
  return output;
}
