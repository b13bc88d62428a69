import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';

/** Servers that are asked the same, and have to answer the same. */
export interface Sides {
  urls: readonly string[];
  /** Asks all of them, compares what they answer byte for byte, and gives what the first one has said. */
  ask(path: string, init?: Init): Promise<Told>;
  post(body: Body, headers?: Record<string, string>, path?: string): Promise<readonly [number, string]>;
}

export interface Told {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

type Body = string | Buffer | object | null;
type Init = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

/** What the time of the day and the connection say is each server's own. */
const own = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']);

export function sidesOf(urls: readonly string[]): Sides {
  const all = urls.map((url) => ({ url, cursors: createCursors() }));
  const ask = async (path: string, init: Init = {}): Promise<Told> => {
    const told = await Promise.all(
      all.map(async ({ url, cursors }) => {
        const answer = await fetch(url + cursors.own(path), init);
        const raw = Buffer.from(await answer.arrayBuffer());
        const body = answer.headers.get('content-type') === 'application/gzip' ? gunzipSync(raw) : raw;
        const headers = Object.fromEntries([...answer.headers].filter(([name]) => !own.has(name)));
        return { status: answer.status, headers, body: cursors.common(body.toString('latin1')) };
      }),
    );
    const [first = assert.fail('there is no server')] = told;
    for (const other of told) assert.deepEqual(other, first, path);
    const { body, ...rest } = first;
    return { ...rest, text: Buffer.from(body, 'latin1').toString('utf8') };
  };
  return {
    urls,
    ask,
    async post(body, headers = {}, path = '/write') {
      const bytes =
        typeof body === 'string' ? body : body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body);
      const { status, text } = await ask(path, { method: 'POST', body: bytes, headers });
      return [status, text];
    },
  };
}

/** A cursor is a store's own: in answers it gets a name, in the order of the answers, which may be used in questions. */
function createCursors() {
  const names = new Map<string, string>();
  const cursors = new Map<string, string>();
  const name = (cursor: string) => {
    const known = names.get(cursor) ?? `the-cursor-${names.size + 1}`;
    names.set(cursor, known);
    cursors.set(known, cursor);
    return known;
  };
  return {
    common: (text: string) =>
      text.replaceAll(/"(cursor|next)":"([^"]+)"/g, (_, key, cursor) => `"${key}":"${name(String(cursor))}"`),
    own: (path: string) => path.replaceAll(/the-cursor-\d+/g, (known) => encodeURIComponent(cursors.get(known) ?? '')),
  };
}
