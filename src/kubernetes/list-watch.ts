import type { IncomingMessage } from 'node:http';

/** One kind of things that can be listed and watched. */
export interface Kind<Item> {
  /** In the plural, as paths and roles have it. */
  name: string;
  /** Undefined for what can't be used. */
  read(raw: unknown): Item | undefined;
  /** What can be done about a 403 beside allowing it. */
  wayOut?: string;
}

/** An answer that is no success: an HTTP status, or the code of an ERROR event. */
export class Refusal extends Error {
  readonly code: number;
  /** Milliseconds for which the server asks to be left alone. */
  readonly retryAfter: number;

  constructor(code: number, message: string, retryAfter = 0) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** A line that is not read to its end. */
export class TooLong extends Error {}

const longestRetryAfter = 300_000;

/** Why an answer is no success; undefined for one that is. */
export function refusalOf(
  { statusCode = 0, headers }: IncomingMessage,
  verb: string,
  { name, wayOut }: Pick<Kind<unknown>, 'name' | 'wayOut'>,
): Refusal | undefined {
  if (statusCode >= 200 && statusCode < 300) return undefined;
  const seconds = statusCode === 429 || statusCode >= 500 ? Number(headers['retry-after']) : 0;
  const wait = seconds > 0 ? Math.min(seconds * 1000, longestRetryAfter) : 0;
  const hint =
    statusCode === 403
      ? `: the role of the service account must allow list and watch of ${name} (RBAC)${wayOut ? `; ${wayOut}` : ''}`
      : statusCode === 401
        ? ': the credentials are refused'
        : '';
  return new Refusal(statusCode, `${verb} ${name}: HTTP ${statusCode}${hint}`, wait);
}

/** The body of an answer; fails when nothing comes for `silence` milliseconds. Leaving it early ends the connection. */
export async function* chunks(
  response: IncomingMessage,
  silence: number,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const timer = setTimeout(() => response.destroy(new Error(`no byte for ${silence / 1000} s`)), silence);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      timer.refresh();
      onBytes(chunk.length);
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Cuts bytes at newlines; fails with {@link TooLong} on a line of more than `limit` bytes. */
export async function* lines(body: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  const add = (part: Buffer) => {
    size += part.length;
    if (size > limit) throw new TooLong(`a line is longer than ${limit} bytes`);
    parts.push(part);
  };
  for await (const chunk of body) {
    let from = 0;
    for (let to = chunk.indexOf('\n'); to >= 0; to = chunk.indexOf('\n', from)) {
      add(chunk.subarray(from, to));
      yield Buffer.concat(parts);
      parts = [];
      size = 0;
      from = to + 1;
    }
    add(chunk.subarray(from));
  }
  if (size > 0) yield Buffer.concat(parts);
}

export interface List<Item> {
  /** By uid. */
  items: Map<string, Item>;
  resourceVersion: string;
}

type Known = { uid: string };

/** A complete list; fails on anything else. */
export async function readList<Item extends Known>(
  body: AsyncIterable<Buffer>,
  { read }: Pick<Kind<Item>, 'read'>,
): Promise<List<Item>> {
  const parts: Buffer[] = [];
  for await (const chunk of body) parts.push(chunk);
  const { items, metadata } = parse(Buffer.concat(parts)) as {
    items?: unknown;
    metadata?: { resourceVersion?: unknown; continue?: unknown } | null;
  };
  const resourceVersion = metadata?.resourceVersion;
  if (!Array.isArray(items) || typeof resourceVersion !== 'string' || metadata?.continue)
    throw new Error('the answer is no complete list');
  const known = items.map(read).filter((item) => item !== undefined);
  return { items: new Map(known.map((item) => [item.uid, item])), resourceVersion };
}

export interface WatchEvent<Item> {
  type: string;
  /** Undefined in a bookmark, or when the event names no version. */
  item?: Item;
  resourceVersion?: string;
}

/** One line of a watch; fails on an ERROR event, or when it is none. */
export function toEvent<Item>(line: Buffer, { name, read }: Kind<Item>): WatchEvent<Item> {
  const { type, object } = parse(line) as { type?: unknown; object?: Record<string, unknown> | null };
  if (typeof type !== 'string' || typeof object !== 'object' || object === null)
    throw new Error('a line of the watch is no event');
  if (type === 'ERROR') {
    const code = Number(object.code) || 0;
    throw new Refusal(code, `watch ${name}: the server reports ${code}`);
  }
  const version = (object.metadata as { resourceVersion?: unknown } | null | undefined)?.resourceVersion;
  return {
    type,
    item: type === 'BOOKMARK' ? undefined : read(object),
    resourceVersion: typeof version === 'string' && version ? version : undefined,
  };
}

/** Things by uid; each change tells whether it made a difference. */
export function createShelf<Item extends Known>() {
  let items: List<Item>['items'] = new Map();
  let all: readonly Item[] | undefined = [];
  const same = (one: Item | undefined, other: Item) => JSON.stringify(one) === JSON.stringify(other);
  const changed = (is: boolean) => {
    if (is) all = undefined;
    return is;
  };
  return {
    all: () => (all ??= [...items.values()]),
    put(item: Item) {
      if (same(items.get(item.uid), item)) return false;
      items.set(item.uid, item);
      return changed(true);
    },
    remove: (uid: string) => changed(items.delete(uid)),
    replace(others: List<Item>['items']) {
      const equal = others.size === items.size && others.values().every((item) => same(items.get(item.uid), item));
      if (!equal) items = others;
      return changed(!equal);
    },
  };
}

/** Milliseconds to wait before a request, so that it is one each `gap` on average, and two at once at the most. */
export function createPace(gap: number, now: () => number): () => number {
  let free = now();
  return () => {
    const wait = Math.max(0, free - gap - now());
    free = Math.max(free, now()) + gap;
    return wait;
  };
}

function parse(bytes: Buffer): object {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    // The parser's own message quotes what strangers wrote.
    throw new Error('the answer is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new Error('the answer is no JSON object');
  return value;
}
