import { parseLabels, type Labels } from './labels.ts';
import { checkMetadata, checkTime, PushTooLarge, type Stream } from './stream.ts';

type Entry = Stream['entries'][number];

const none: Labels = {};

/** Reads a logproto.PushRequest of so many entries at the most: https://github.com/grafana/loki/blob/main/pkg/push/push.proto */
export function readProto(body: Buffer, limit: number): Stream[] {
  const streams: Stream[] = [];
  let left = limit;
  const at = cursor(body, 0, body.length);
  while (at.next()) {
    if (at.tag !== 1 || !at.isBytes) continue;
    const stream = readStream(body, at, left);
    // A stream without entries costs memory too.
    left -= Math.max(stream.entries.length, 1);
    streams.push(stream);
  }
  return streams;
}

function readStream(body: Buffer, within: Place, limit: number): Stream {
  let labels = '';
  const entries: Entry[] = [];
  const at = cursor(body, within.start, within.end);
  const read = entryReader(body);
  while (at.next()) {
    if (at.tag === 1 && at.isBytes) labels = body.toString('utf8', at.start, at.end);
    if (at.tag !== 2 || !at.isBytes) continue;
    if (entries.length >= limit) throw new PushTooLarge();
    entries.push(read(at));
  }
  return { labels: parseLabels(labels), entries };
}

/** What is beside a line is mostly the same as beside the one before, and then it is the same object. */
function entryReader(body: Buffer): (within: Place) => Entry {
  const at = cursor(body, 0, 0);
  const inner = cursor(body, 0, 0);
  let known: Labels = none;
  let [from, to] = [0, 0];
  return (within) => {
    let time = 0n;
    let line = '';
    let [first, last] = [0, 0];
    at.move(within);
    while (at.next()) {
      if (!at.isBytes) continue;
      if (at.tag === 1) time = readTime(inner, at);
      else if (at.tag === 2) line = body.toString('utf8', at.start, at.end);
      else if (at.tag === 3) {
        first ||= at.start;
        last = at.end;
      }
    }
    if (first === 0) return { time: checkTime(time), line, metadata: none };
    if (last - first !== to - from || body.compare(body, from, to, first, last) !== 0) {
      [from, to] = [first, last];
      const pairs: [string, string][] = [];
      at.move(within);
      while (at.next()) if (at.tag === 3 && at.isBytes) pairs.push(readPair(body, inner, at));
      known = checkMetadata(pairs);
    }
    return { time: checkTime(time), line, metadata: known };
  };
}

function readTime(at: Cursor, within: Place): bigint {
  let seconds: number | bigint = 0;
  let nanos: number | bigint = 0;
  at.move(within);
  while (at.next()) {
    if (at.isBytes) continue;
    if (at.tag === 1) seconds = at.number;
    else if (at.tag === 2) nanos = at.number;
  }
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

function readPair(body: Buffer, at: Cursor, within: Place): [string, string] {
  const pair: [string, string] = ['', ''];
  at.move(within);
  while (at.next()) {
    if ((at.tag === 1 || at.tag === 2) && at.isBytes) pair[at.tag - 1] = body.toString('utf8', at.start, at.end);
  }
  return pair;
}

interface Place {
  start: number;
  end: number;
}

/** The field that was read last: bytes from `start` to `end`, or a number. */
interface Cursor extends Place {
  tag: number;
  isBytes: boolean;
  number: number | bigint;
  /** Reads the next field of a kind that a push has; false at the end. */
  next(): boolean;
  /** Goes on with other bytes. */
  move(to: Place): void;
}

/** https://protobuf.dev/programming-guides/encoding/ */
function cursor(body: Buffer, start: number, end: number): Cursor {
  let place = start;
  let last = end;
  const varint = (): number | bigint => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 49; factor *= 128) {
      const byte = place < last ? (body[place++] as number) : tooShort();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    let long = BigInt(value);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = place < last ? (body[place++] as number) : tooShort();
      long |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, long);
    }
    throw new Error('proto: a number is too long');
  };
  const pass = (length: number) => {
    if (!(length >= 0 && length <= last - place)) tooShort();
    field.start = place;
    place += length;
    field.end = place;
  };
  const field: Cursor = {
    tag: 0,
    isBytes: false,
    number: 0,
    start: 0,
    end: 0,
    next() {
      for (;;) {
        if (place >= last) return false;
        const key = Number(varint());
        const kind = key % 8;
        field.tag = Math.floor(key / 8);
        if (field.tag < 1) throw new Error('proto: illegal tag');
        field.isBytes = kind === 2;
        if (kind === 0) field.number = varint();
        else if (kind === 2) pass(Number(varint()));
        else if (kind === 1 || kind === 5) pass(kind === 1 ? 8 : 4);
        else throw new Error('proto: illegal wire type');
        if (kind === 0 || kind === 2) return true;
      }
    },
    move(to) {
      place = to.start;
      last = to.end;
    },
  };
  return field;
}

function tooShort(): never {
  throw new Error('proto: unexpected end');
}
