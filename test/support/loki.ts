import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { decode, excess, type LokiEntry } from './loki-push.ts';
import { freePort } from './port.ts';

export type { LokiEntry } from './loki-push.ts';
export { unsnappy } from './loki-push.ts';

/** What to do with a request instead of looking at it, or with its answer. */
export type Fault =
  | { status: number; body?: string; headers?: Record<string, string> }
  | 'reset'
  | 'reset-after-storing'
  | 'reset-within-answer'
  | 'silence'
  | 'endless-answer';

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

export interface LokiOptions {
  tenant?: string;
  port?: number;
  tls?: { key: string; cert: string };
  /** Refuses also what is older than a week, or than the newest of its stream by an hour. */
  past?: boolean;
}

const second = 1_000_000_000n;

export async function startLoki(options: LokiOptions = {}): Promise<FakeLoki> {
  const known = new Set<string>();
  /** The newest time of each stream. */
  const newest = new Map<string, bigint>();
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
  /** Stores an entry, or says why not. */
  const store = (entry: LokiEntry): string | undefined => {
    const now = BigInt(Date.now()) * 1_000_000n;
    const labels = JSON.stringify(Object.entries(entry.labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const last = newest.get(labels) ?? 0n;
    const wrong = excess(entry);
    if (wrong) return wrong;
    if (entry.time > now + 600n * second) return 'entry for stream has timestamp too new';
    if (options.past && entry.time < now - 7n * 86_400n * second) return 'entry for stream has timestamp too old';
    if (options.past && entry.time < last - 3600n * second) return 'entry too far behind';
    if (entry.time > last) newest.set(labels, entry.time);
    loki.stored += 1;
    const key = `${labels} ${entry.time} ${entry.line}`;
    if (!known.has(key)) loki.entries.push(entry);
    known.add(key);
    return undefined;
  };
  const listener: RequestListener = (request, response) => {
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
      if (request.url !== '/loki/api/v1/push') return answer(404, '404 page not found');
      if (request.method !== 'POST') return answer(405);
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
      if (seen.raw > 4 * 1024 * 1024) return answer(500, 'received message larger than max');
      const wrong = told(entries.flatMap((entry) => store(entry) ?? []));
      if (fault === 'reset-after-storing') return void request.socket.destroy();
      if (fault === 'reset-within-answer' || fault === 'endless-answer') {
        response.on('error', () => undefined);
        response.writeHead(200, { 'content-length': 1000 }).write('{"status":', () => {
          if (fault === 'reset-within-answer') request.socket.destroy();
        });
        return;
      }
      if (wrong) return answer(400, wrong);
      answer(204);
    });
  };
  const server = options.tls ? createSecureServer(options.tls, listener) : createServer(listener);
  const port = options.port ?? (await freePort());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  loki.url = `http${options.tls ? 's' : ''}://127.0.0.1:${port}/loki/api/v1/push`;
  return loki;
}

/** How Loki tells of several entries: all of one kind as one, each kind with its number. */
function told(wrong: readonly string[]): string {
  if (wrong.length < 2) return wrong[0] ?? '';
  const kinds = Map.groupBy(wrong, (text) => text);
  return [...kinds].map(([text, all]) => `${all.length} errors like: ${text}`).join('; ');
}
