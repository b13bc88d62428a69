import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface Question {
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  body?: string;
  /** Milliseconds until the answer must be complete. */
  timeout: number;
  signal: AbortSignal;
}

/** An answer; its text is a stranger's. */
export interface Answer {
  status: number;
  text: string;
  /** False when there was more than is read of any answer. */
  whole: boolean;
}

/** Nobody listens at the address. */
export class Down extends Error {}

/** The question was sent, perhaps, and no whole answer came: nobody knows what it has done. */
export class Broken extends Error {}

const mostBytes = 64 * 1024;
const mostShown = 200;

/** Asks once, on a connection of its own; follows no redirect. */
export async function ask({ method, url, body, timeout, signal }: Question): Promise<Answer> {
  const target = new URL(url);
  const late = AbortSignal.timeout(timeout);
  const headers = {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  const options = { method, headers, agent: false, signal: AbortSignal.any([signal, late]) } as const;
  try {
    const call = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, options);
    const answered = Promise.withResolvers<IncomingMessage>();
    call.on('response', answered.resolve).on('error', answered.reject);
    call.on('close', () => answered.reject(new Error('the connection was closed')));
    call.end(body);
    const response = await answered.promise;
    return { status: response.statusCode ?? 0, ...(await read(response)) };
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw new Broken(`${place(url)} gave no complete answer within ${timeout / 1000} s`);
    const { message, code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED')
      throw new Down(`nobody listens at ${place(url)}: is the shipper running, with its HTTP server turned on?`);
    throw new Broken(`${place(url)} gave no complete answer: ${excerpt(message || String(code))}`);
  }
}

/** An address without what may be secret in it. */
export function place(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** As much of a stranger's text as may be shown. */
export function excerpt(text: string): string {
  const plain = text
    .slice(0, 4 * mostShown)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
  return plain.length > mostShown ? `${plain.slice(0, mostShown - 1).toWellFormed()}…` : plain;
}

/** The value of a field `a.b` in an answer of JSON; undefined without one. */
export function fieldOf({ text, whole }: Answer, field: string): unknown {
  if (!whole) throw new Error(`the answer is longer than ${mostBytes / 1024} KiB`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`the answer is not JSON: ${excerpt(text)}`);
  }
  for (const name of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

async function read(response: IncomingMessage): Promise<Pick<Answer, 'text' | 'whole'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > mostBytes) break;
  }
  const text = Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8');
  return { text, whole: bytes <= mostBytes };
}
