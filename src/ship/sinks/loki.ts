import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { deliver, outcomeOf, type Outcome } from '../deliver.ts';
import { attributesOf, type Destination, type SinkPlugin } from '../destination.ts';
import { createEntries, writeJsonText, writeTime, type Entries } from '../entries.ts';
import type { LogRecord, Source } from '../record.ts';
import { createPoster } from '../request.ts';
import type { Batch } from '../sink.ts';
import { snappyCompressor, writeVarint } from '../snappy.ts';

const zip = promisify(gzip);

/** Grafana Loki's push API: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
export default {
  encodings: ['protobuf', 'json'],
  open(destination, { report, env, version }) {
    const { connection, backoff, encoding, tenant } = destination;
    const poster = createPoster(connection, env, `kube-log-watcher/${version}`);
    const format = encoding === 'json' ? json() : protobuf();
    const headers = { ...format.headers, ...(tenant && { 'x-scope-orgid': tenant }) };
    return {
      batch: () => lokiBatch(destination, format),
      async send(batch, signal) {
        const { entries } = batch as LokiBatch;
        const bodies = new Map<string, Buffer>();
        const attempt = async (from: number, to: number): Promise<Outcome> => {
          const body = bodies.get(`${from}-${to}`) ?? (await format.body(entries, from, to, destination));
          bodies.clear();
          bodies.set(`${from}-${to}`, body);
          const answer = await poster
            .post(body, headers, signal)
            .catch((error: Error) => ({ status: 0, detail: error.message, retryAfter: undefined }));
          if (answer.status === 0) return { kind: 'retry', reason: 'no-answer', detail: answer.detail };
          const outcome = outcomeOf(answer.status, answer.detail, answer.retryAfter);
          if (outcome.kind === 'done') report.sent(body.length);
          return outcome.kind === 'refuse' ? refusal(outcome) : outcome;
        };
        await deliver(batch.count, attempt, backoff, report, signal);
      },
      close: () => poster.close(),
    };
  },
} satisfies SinkPlugin as SinkPlugin;

/** Of times that Loki doesn't take it stores the other entries of the push all the same, and may tell the number. */
function refusal(outcome: Extract<Outcome, { kind: 'refuse' }>): Outcome {
  const { detail } = outcome;
  const [, ignored] = /total ignored: (\d+) out of/.exec(detail) ?? [];
  if (ignored) return { ...outcome, reason: 'time', dropped: Number(ignored) };
  return /timestamp too (old|new)|entry too far behind|out of order/.test(detail)
    ? { ...outcome, reason: 'time', dropped: 1 }
    : outcome;
}

interface Format {
  headers: Readonly<Record<string, string>>;
  /** Bytes of an entry beside its text; and how often the text may grow. */
  encode(record: LogRecord, metadata: Buffer, to: Entries): void;
  metadata(pairs: readonly [string, string][]): Buffer;
  body(entries: Entries, from: number, to: number, destination: Destination): Promise<Buffer>;
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
        tail = known.get(last) ?? format.metadata(pairsOf(all, metadata));
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

function pairsOf(all: Readonly<Record<string, string>>, names: readonly string[]): [string, string][] {
  return names.flatMap((name): [string, string][] => (all[name] ? [[labelName(name), all[name]]] : []));
}

/** Loki's limits by default: 15 labels, 2048 bytes of a value. */
function labelsOf({ source, stream }: { source: Source; stream: 0 | 1 }, destination: Destination) {
  const { externalLabels, labels, node } = destination;
  const pairs = new Map(Object.entries(externalLabels));
  for (const [name, value] of pairsOf({ source: source.path, ...attributesOf(source, stream, node) }, labels))
    pairs.set(name, shorten(value));
  if (pairs.size === 0) pairs.set('job', 'kube-log-watcher');
  return [...pairs].slice(0, 15).sort(([a], [b]) => (a < b ? -1 : 1));
}

function labelName(name: string): string {
  const legal = name.replaceAll(/[^a-zA-Z0-9_]/g, '_').slice(0, 1024);
  return /^[a-zA-Z_]/.test(legal) ? legal : `_${legal}`;
}

function shorten(value: string): string {
  if (value.length <= 680) return value.toWellFormed();
  return Buffer.from(value.toWellFormed())
    .subarray(0, 2040)
    .toString('utf8')
    .replace(/\ufffd$/, '');
}

const json = (): Format => {
  const gather = gatherer();
  return {
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    metadata: (pairs) =>
      Buffer.from(
        pairs.length > 0
          ? `",${JSON.stringify(Object.fromEntries(pairs.map(([n, v]) => [n, v.toWellFormed()])))}]`
          : '"]',
      ),
    encode(record, metadata, entries) {
      const { source, stream, bytes, start, end } = record;
      const to = entries.reserve(40 + (end - start) * 6 + metadata.length);
      let at = entries.size;
      to[at++] = 44;
      to[at++] = 91;
      to[at++] = 34;
      at = writeTime(to, at, record);
      to[at++] = 34;
      to[at++] = 44;
      to[at++] = 34;
      at = writeJsonText(to, at, bytes, start, end);
      at += metadata.copy(to, at);
      entries.push(at, entries.group(source, stream));
    },
    async body(entries, from, to, destination) {
      const parts: Buffer[] = [];
      let text = '{"streams":[{"stream":';
      for (const [group, { runs }] of entries.byGroup(from, to)) {
        const labels = labelsOf(entries.groups()[group] as { source: Source; stream: 0 | 1 }, destination);
        parts.push(Buffer.from(`${text}${JSON.stringify(Object.fromEntries(labels))},"values":[`));
        // Each entry has a comma in front.
        runs.forEach(([start, end], i) => parts.push(entries.bytes.subarray(i === 0 ? start + 1 : start, end)));
        text = ']},{"stream":';
      }
      parts.push(Buffer.from(']}]}'));
      return zip(gather(parts), { level: 1 });
    },
  };
};

/** logproto.PushRequest in a Snappy block: https://github.com/grafana/loki/blob/main/pkg/push/push.proto */
function protobuf(): Format {
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

/** Puts parts together in memory that is used again by the next call: a mebibyte of garbage for each push adds up. */
function gatherer(): (parts: readonly Buffer[]) => Buffer {
  let memory = Buffer.alloc(0);
  return (parts) => {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    if (memory.length < size) memory = Buffer.allocUnsafeSlow(Math.ceil(size * 1.1));
    let at = 0;
    for (const part of parts) at += part.copy(memory, at);
    return memory.subarray(0, size);
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
