import { parseLabels } from './labels.ts';
import { checkMetadata, checkTime, PushTooLarge, type Stream } from './stream.ts';

const truncated = () => new Error('proto: unexpected end');

interface Field {
  tag: number;
  /** The bytes of a field that has a length, or the number that it is. */
  bytes: Buffer | undefined;
  number: bigint;
}

/** Reads a logproto.PushRequest of so many entries at the most: https://github.com/grafana/loki/blob/main/pkg/push/push.proto */
export function readProto(body: Buffer, limit: number): Stream[] {
  const streams: Stream[] = [];
  let left = limit;
  for (const { tag, bytes } of fields(body)) {
    if (tag !== 1 || !bytes) continue;
    const stream = readStream(bytes, left);
    // A stream without entries costs memory too.
    left -= Math.max(stream.entries.length, 1);
    streams.push(stream);
  }
  return streams;
}

function readStream(body: Buffer, limit: number): Stream {
  let labels = '';
  const entries: Stream['entries'][number][] = [];
  for (const { tag, bytes } of fields(body)) {
    if (tag === 1 && bytes) labels = bytes.toString('utf8');
    if (tag !== 2 || !bytes) continue;
    if (entries.length >= limit) throw new PushTooLarge();
    entries.push(readEntry(bytes));
  }
  return { labels: parseLabels(labels), entries };
}

function readEntry(body: Buffer): Stream['entries'][number] {
  let time = 0n;
  let line = '';
  const metadata: [string, string][] = [];
  for (const { tag, bytes } of fields(body)) {
    if (!bytes) continue;
    if (tag === 1)
      for (const part of fields(bytes))
        time += part.tag === 1 ? part.number * 1_000_000_000n : part.tag === 2 ? part.number : 0n;
    if (tag === 2) line = bytes.toString('utf8');
    if (tag === 3) metadata.push(readPair(bytes));
  }
  return { time: checkTime(time), line, metadata: checkMetadata(metadata) };
}

function readPair(body: Buffer): [string, string] {
  const pair: [string, string] = ['', ''];
  for (const { tag, bytes } of fields(body))
    if ((tag === 1 || tag === 2) && bytes) pair[tag - 1] = bytes.toString('utf8');
  return pair;
}

/** https://protobuf.dev/programming-guides/encoding/ */
function* fields(body: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 42; factor *= 128) {
      const byte = body[at++];
      if (byte === undefined) throw truncated();
      value += (byte & 127) * factor;
      if (byte < 128) return BigInt(value);
    }
    let long = BigInt(value);
    for (let shift = 42n; shift < 70n; shift += 7n) {
      const byte = body[at++];
      if (byte === undefined) throw truncated();
      long |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, long);
    }
    throw new Error('proto: a number is too long');
  };
  const part = (length: number): Buffer => {
    if (!(length >= 0 && length <= body.length - at)) throw truncated();
    at += length;
    return body.subarray(at - length, at);
  };
  while (at < body.length) {
    const key = Number(varint());
    const tag = Math.floor(key / 8);
    if (tag < 1) throw new Error('proto: illegal tag');
    const kind = key % 8;
    if (kind === 0) yield { tag, bytes: undefined, number: varint() };
    else if (kind === 2) yield { tag, bytes: part(Number(varint())), number: 0n };
    else if (kind === 1 || kind === 5) part(kind === 1 ? 8 : 4);
    else throw new Error('proto: illegal wire type');
  }
}
