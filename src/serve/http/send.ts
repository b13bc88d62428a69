import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip, type Gzip } from 'node:zlib';
import { mask } from '../../system/secrets.ts';
import { abortable } from '../abort.ts';
import type { Reply } from '../route.ts';

const zip = promisify(gzip);
/** Below it compression costs more than it saves. */
const least = 1024;
/** Bytes that are sent at once. */
const slice = 65_536;
/**
 * Milliseconds for which what is left of a refused body is thrown away, in all and after its last piece: many a sender reads
 * the answer only when it has sent everything, and would find a connection that was reset.
 */
const lingering = { most: 10_000, quiet: 1000 };

export interface Patience {
  signal: AbortSignal;
  /** Called with each piece: the client gets its time anew. */
  renew(): void;
}

/** Sends a reply; rejects if it can't be sent to its end, and the connection has to be cut then. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, headers, body = '' }: Reply,
  patience: Patience,
): Promise<void> {
  const fits = /^(text\/(?!event-stream)|application\/(json|x-ndjson|javascript)|image\/svg)/.test(type ?? '');
  const compressible = fits && headers?.['content-encoding'] === undefined;
  const wanted = compressible && takesGzip(request.headers['accept-encoding']);
  const head = {
    ...(type !== undefined && { 'content-type': type }),
    ...(compressible && { vary: 'accept-encoding' }),
    ...headers,
    // What is left of a body that was refused is not read.
    ...(!request.complete && { connection: 'close' }),
  };
  const zipped = { ...head, 'content-encoding': 'gzip' };
  if (typeof body === 'object' && Symbol.asyncIterator in body) {
    const pieces = body[Symbol.asyncIterator]();
    if (request.method === 'HEAD') {
      await pieces.return?.();
      response.writeHead(status, wanted ? zipped : head);
    } else {
      response.writeHead(status, wanted ? zipped : head).flushHeaders();
      await stream(response, pieces, wanted, patience);
    }
  } else {
    // Lines of logs go out as they came in; only what the program itself says in an error may hold a secret of its own.
    const said = Buffer.from(status >= 400 && typeof body === 'string' ? mask(body) : body);
    const small = wanted && said.length >= least ? await zip(said) : undefined;
    const bytes = small ?? said;
    // These have no body, and say nothing about one: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
    const length = status === 204 || status === 304 ? {} : { 'content-length': bytes.length };
    response.writeHead(status, { ...(small ? zipped : head), ...length });
    if (request.method !== 'HEAD') await stream(response, slices(bytes), false, patience);
  }
  if (!request.complete && !request.destroyed) await throwAway(request);
  response.end();
}

/** Reads what is left of a body, as long as it comes; the one who sends it may be gone meanwhile. */
async function throwAway(request: IncomingMessage): Promise<void> {
  const over = new AbortController();
  const stop = () => over.abort();
  const timers = [setTimeout(stop, lingering.most).unref(), setTimeout(stop, lingering.quiet).unref()];
  request.on('data', () => timers[1]?.refresh()).resume();
  await once(request, 'close', { signal: over.signal }).catch(() => undefined);
  for (const timer of timers) clearTimeout(timer);
}

/** In pieces, since a client gets its time for each. */
async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += slice) yield bytes.subarray(at, at + slice);
}

async function stream(
  response: ServerResponse,
  pieces: AsyncIterator<string | Buffer>,
  zipped: boolean,
  { signal, renew }: Patience,
): Promise<void> {
  const gzip: Gzip | undefined = zipped ? createGzip() : undefined;
  gzip?.pipe(response, { end: false });
  const out: Writable = gzip ?? response;
  const small = gather(out, gzip);
  const patient = abortable(signal);
  try {
    for (;;) {
      if (out.writableNeedDrain) await once(out, 'drain', { signal });
      const piece = await patient.race(pieces.next());
      if (piece.done) break;
      renew();
      small.add(piece.value);
    }
    small.write();
    if (gzip) await once(gzip.end(), 'end', { signal });
  } finally {
    patient.close();
    small.drop();
    // The one who makes the pieces may be waiting; it is told by its signal.
    void pieces.return?.().catch(() => undefined);
  }
}

/** Puts together what comes at once, since each write costs; nothing of it waits for what comes later. */
function gather(out: Writable, gzip: Gzip | undefined) {
  let held: Buffer[] = [];
  let size = 0;
  let soon: NodeJS.Immediate | undefined;
  const drop = () => {
    clearImmediate(soon);
    soon = undefined;
    held = [];
    size = 0;
  };
  const write = () => {
    if (size > 0) out.write(Buffer.concat(held));
    drop();
  };
  const flush = () => {
    write();
    gzip?.flush();
  };
  return {
    drop,
    write,
    add(piece: string | Buffer) {
      held.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
      size += piece.length;
      if (size >= slice) write();
      else soon ??= setImmediate(flush);
    },
  };
}

const takesGzip = (accepted: string | string[] | undefined) =>
  /(^|,)\s*(gzip|\*)\s*(;\s*q=(1|0?\.\d*[1-9])\d*\.?0*\s*)?(,|$)/.test(String(accepted ?? ''));
