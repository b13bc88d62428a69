import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Reply } from '../route.ts';
import { stream, type Patience } from './send.ts';

// Source: https://www.rfc-editor.org/rfc/rfc6455

const secret = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const sign = { text: 1, close: 8, ping: 9, pong: 10 } as const;
/** Why a connection is closed. */
const because = { done: 1000, protocol: 1002, tooBig: 1009 } as const;
/** The longest frame that a client may send: those that keep a connection up aren't longer, and others have nothing to say. */
const most = 125;

interface Request {
  method?: string | undefined;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The headers that accept a web socket; undefined for a request that asks for none. */
export function handshake({ method, headers }: Request): Record<string, string> | undefined {
  const { upgrade, connection, 'sec-websocket-key': key, 'sec-websocket-version': version } = headers;
  if (method !== 'GET' || !/^websocket$/i.test(String(upgrade)) || !/\bupgrade\b/i.test(String(connection)))
    return undefined;
  if (version !== '13' || typeof key !== 'string' || !/^[\w+/]{22}==$/.test(key)) return undefined;
  const accept = createHash('sha1').update(`${key}${secret}`).digest('base64');
  return { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': accept };
}

/** True for a page of strangers: what a web socket says to it, it could read. */
export function isForeign({ headers: { origin, host } }: Request): boolean {
  if (typeof origin !== 'string') return false;
  return !URL.canParse(origin) || new URL(origin).host !== String(host).toLowerCase();
}

/** A connection that HTTP has left, and what came over it since. */
export interface Upgraded {
  socket: Duplex;
  head: Buffer;
}

/** What answers a request whose connection HTTP has left; without a web socket it is closed behind the answer. */
export function responseOn(socket: Duplex, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  socket.on('error', () => socket.destroy());
  // Node gives connections of HTTP here, plain or over TLS.
  response.assignSocket(socket as Socket);
  response.on('finish', () => response.statusCode !== 101 && socket.end());
  return response;
}

/** Sends each piece of the reply's body as a message, an empty one as a ping; rejects if it can't be sent to its end. */
export async function converse(
  { socket, head }: Upgraded,
  response: ServerResponse,
  { headers, body = '' }: Reply,
  patience: Patience,
): Promise<void> {
  response.writeHead(101, headers).end();
  if (!response.writableFinished) await once(response, 'finish', { signal: patience.signal });
  hear(socket, head);
  if (typeof body === 'object' && Symbol.asyncIterator in body) await stream(socket, frames(body), false, patience);
  finish(socket, because.done);
}

async function* frames(pieces: AsyncIterable<string | Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield frame(piece.length === 0 ? sign.ping : sign.text, Buffer.from(piece));
}

function frame(kind: number, bytes: Buffer): Buffer {
  const { length } = bytes;
  const size = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (size.length === 2) size.writeUInt16BE(length);
  if (size.length === 8) size.writeBigUInt64BE(BigInt(length));
  const short = size.length === 0 ? length : size.length === 2 ? 126 : 127;
  return Buffer.concat([Buffer.of(0x80 | kind, short), size, bytes]);
}

/** Closes it, once what was written has gone. */
function finish(socket: Duplex, code: number): void {
  if (socket.writableEnded) return;
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  socket.end(frame(sign.close, bytes));
}

/** Answers what keeps the connection up, and ends it with its client; what else a client says is thrown away. */
function hear(socket: Duplex, head: Buffer): void {
  let held: Buffer = head;
  const read = () => {
    while (held.length >= 2 && !socket.writableEnded) {
      const [first = 0, second = 0] = held;
      const length = second & 0x7f;
      if (length > most) return finish(socket, because.tooBig);
      if ((second & 0x80) === 0) return finish(socket, because.protocol);
      if (held.length < 6 + length) return;
      const mask = held.subarray(2, 6);
      const bytes = Buffer.from(held.subarray(6, 6 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
      held = held.subarray(6 + length);
      const kind = first & 0x0f;
      if (kind === sign.close) return finish(socket, bytes.length < 2 ? because.done : bytes.readUInt16BE());
      // One who takes nothing isn't told that its connection is up.
      if (kind === sign.ping && !socket.writableNeedDrain) socket.write(frame(sign.pong, bytes));
    }
  };
  socket.on('data', (bytes: Buffer) => {
    if (socket.writableEnded) return;
    held = Buffer.concat([held, bytes]);
    read();
  });
  socket.on('end', () => finish(socket, because.done));
  read();
}
