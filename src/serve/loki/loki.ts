import { begun } from '../query/answer.ts';
import { parseDuration } from '../query/duration.ts';
import { LogqlError } from '../logql/syntax.ts';
import { reason, text } from '../reply.ts';
import type { Asked, Handler, Reply, World } from '../route.ts';
import { StoreNotReady } from '../store.ts';
import { parseTime } from '../time.ts';

// What Loki's own clients ask for and what they take. Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/

/** The parameters of a request, from its address and from a form in its body. */
async function formOf({ method, query, headers, body }: Asked): Promise<URLSearchParams> {
  if (method !== 'POST') return query;
  const isForm = String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const form = new URLSearchParams(isForm ? (await body()).toString('utf8') : '');
  return new URLSearchParams([...form, ...query]);
}

/** A handler whose failures are lines of text, as Loki's are. */
export const lokiAnswering =
  (handle: (form: URLSearchParams, asked: Asked, world: World) => Promise<Reply>): Handler =>
  async (asked, world) => {
    try {
      return await handle(await formOf(asked), asked, world);
    } catch (error) {
      if (error instanceof LogqlError) return text(400, error.message);
      if (asked.signal.aborted || (error instanceof Error && 'status' in error)) throw error;
      if (error instanceof StoreNotReady) return text(503, reason(error));
      world.log.error('a query failed', { error });
      return text(500, reason(error));
    }
  };

/** An answer in pieces; the first one is made before it is given. */
export const pieces = async (all: AsyncIterable<string>): Promise<Reply> => ({
  status: 200,
  type: 'application/json',
  body: await begun(all),
});

const second = 1_000_000_000n;

/** Nanoseconds since 1970, seconds (with a fraction, or of ten digits at most), or RFC 3339. */
export function readTime(name: string, value: string | null): bigint | undefined {
  if (value === null || value === '') return undefined;
  if (/^-?\d{1,12}\.\d+$/.test(value)) return BigInt(Math.round(Number(value) * 1000)) * 1_000_000n;
  const whole = /^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined;
  const time = whole === undefined ? parseTime(value) : value.length <= 10 ? whole * second : whole;
  if (time === undefined) throw new LogqlError(`${name}: ${JSON.stringify(value.slice(0, 50))} is no time`);
  return time;
}

/** Nanoseconds: a number of seconds, or `5m`. */
export function readLength(name: string, value: string | null): bigint | undefined {
  if (value === null || value === '') return undefined;
  const length = /^\d{1,9}(\.\d+)?$/.test(value) ? BigInt(Math.round(Number(value) * 1e9)) : parseDuration(value);
  if (length === undefined || length <= 0n)
    throw new LogqlError(`${name}: ${JSON.stringify(value.slice(0, 50))} is no length of time above zero`);
  return length;
}

export function readNumber(name: string, value: string | null, without: number, most: number): number {
  if (value === null || value === '') return without;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number < 1) throw new LogqlError(`${name} must be a positive value`);
  if (number > most)
    throw new LogqlError(
      `max entries limit per query exceeded, ${name} > max_entries_limit_per_query (${number} > ${most})`,
    );
  return number;
}

/** Start and end; `hours` before the end if nothing tells the start. */
export function readBounds(
  form: URLSearchParams,
  { now, values }: World,
  hours: bigint,
): { start: bigint; end: bigint } {
  const current = now();
  const end = readTime('end', form.get('end')) ?? current;
  const since = readLength('since', form.get('since')) ?? hours * 3600n * second;
  const start = readTime('start', form.get('start')) ?? (end > current ? current : end) - since;
  if (end < start) throw new LogqlError('end timestamp must not be before or equal to start time');
  boundRange(end - start, values['query-range']);
  return { start, end };
}

/** Refuses what spans more seconds than a query may; 0 for any. */
function boundRange(length: bigint, most: number): void {
  if (most > 0 && length > BigInt(Math.round(most * 1e9)))
    throw new LogqlError(`the query time range exceeds the limit (${length / second}s > ${most}s)`);
}

/** Seconds since 1970 with milliseconds, as Prometheus and Loki write times of values. */
export const secondsOf = (time: bigint) => Number(time / 1_000_000n) / 1000;

export const numberText = (value: number) =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);

/** What was looked at in which time; what only a cluster of Lokis could tell is left out. */
export function statsOf(seen: { lines: number; bytes: number }, milliseconds: number, returned: number) {
  const seconds = Math.max(milliseconds / 1000, 1e-6);
  return {
    summary: {
      bytesProcessedPerSecond: Math.round(seen.bytes / seconds),
      linesProcessedPerSecond: Math.round(seen.lines / seconds),
      totalBytesProcessed: seen.bytes,
      totalLinesProcessed: seen.lines,
      execTime: seconds,
      queueTime: 0,
      subqueries: 0,
      totalEntriesReturned: returned,
      splits: 0,
      shards: 0,
    },
  };
}
