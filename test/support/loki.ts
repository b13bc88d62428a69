import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface LokiEntry {
  labels: Record<string, string>;
  /** Nanoseconds since 1970. */
  time: bigint;
  line: string;
  metadata: Record<string, string>;
}

/** What to do with a request instead of looking at it. */
export type Fault =
  { status: number; body?: string; headers?: Record<string, string> } | 'reset' | 'reset-after-storing' | 'silence';

/** A Loki as far as pushing goes: strict about what the real one is strict about. */
export interface FakeLoki {
  url: string;
  /** Each time, line and stream once, as Loki stores them. */
  entries: LokiEntry[];
  /** How often each push was stored, repetitions included. */
  stored: number;
  requests: { headers: IncomingMessage['headers']; bytes: number; raw: number; at: number; status: number }[];
  /** Taken in turn, one for each request. */
  faults: Fault[];
  /** A limit on the bytes of a push, over which it answers 429 for ever, as the real one does over its burst. */
  burst: number;
  close(): Promise<void>;
}

export async function startLoki(options: { tenant?: string; port?: number } = {}): Promise<FakeLoki> {
  const known = new Set<string>();
  const loki: FakeLoki = {
    url: '',
    entries: [],
    stored: 0,
    requests: [],
    faults: [],
    burst: 6 * 1024 * 1024,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const store = (entries: LokiEntry[]) => {
    loki.stored += entries.length;
    for (const entry of entries) {
      const key = JSON.stringify([
        Object.entries(entry.labels).sort(([a], [b]) => (a < b ? -1 : 1)),
        String(entry.time),
        entry.line,
      ]);
      if (!known.has(key)) loki.entries.push(entry);
      known.add(key);
    }
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const seen = { headers: request.headers, bytes: body.length, raw: 0, at: performance.now(), status: 0 };
      loki.requests.push(seen);
      const answer = (status: number, text = '', headers: Record<string, string> = {}) => {
        seen.status = status;
        response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(text);
      };
      const fault = loki.faults.shift();
      if (fault === 'silence') return;
      if (fault === 'reset') return void request.socket.destroy();
      if (fault && typeof fault === 'object') return answer(fault.status, fault.body, fault.headers);
      if (request.url !== '/loki/api/v1/push' || request.method !== 'POST') return answer(404, '404 page not found');
      if (options.tenant !== undefined && request.headers['x-scope-orgid'] !== options.tenant)
        return answer(401, 'no org id');
      let entries: LokiEntry[];
      try {
        const { raw, read } = decode(request.headers, body);
        seen.raw = raw;
        entries = read;
      } catch (error) {
        return answer(400, (error as Error).message);
      }
      if (seen.raw > loki.burst) return answer(429, 'ingestion rate limit exceeded');
      if (seen.raw > 4 * 1024 * 1024) return answer(500, 'message too large');
      const now = BigInt(Date.now()) * 1_000_000n;
      const good = entries.filter(({ time }) => time < now + 600_000_000_000n);
      store(good);
      if (fault === 'reset-after-storing') return void request.socket.destroy();
      if (good.length < entries.length) return answer(400, `entry for stream has timestamp too new`);
      answer(204);
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  loki.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/loki/api/v1/push`;
  return loki;
}

function decode(headers: IncomingMessage['headers'], body: Buffer): { raw: number; read: LokiEntry[] } {
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
          return checked({ labels: stream, time: BigInt(time), line, metadata });
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
      return checked({ labels, time, line, metadata: Object.fromEntries(metadata) });
    });
  });
  return { raw: raw.length, read };
}

function checked(entry: LokiEntry): LokiEntry {
  const names = Object.keys(entry.labels);
  if (names.length === 0) throw new Error('error at least one label pair is required per stream');
  if (names.length > 15) throw new Error('stream has more than 15 labels');
  for (const [name, value] of Object.entries(entry.labels)) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) throw new Error(`parse error: ${name}`);
    if (typeof value !== 'string' || Buffer.byteLength(value) > 2048) throw new Error('label value too long');
  }
  if (Buffer.byteLength(entry.line) > 256 * 1024) throw new Error('Max entry size 262144 bytes exceeded');
  if (Object.values(entry.metadata).some((value) => typeof value !== 'string')) throw new Error('metadata');
  return entry;
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
