import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { abortable } from '../abort.ts';
import type { Reply } from '../route.ts';
import type { Patience } from './send.ts';

/** A client has nothing to say but what keeps the connection up, which is no longer than this: RFC 6455, 5.5. */
const maxPayload = 125;
const server = new WebSocketServer({ noServer: true, clientTracking: false, autoPong: false, maxPayload });

interface Request {
  method?: string | undefined;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export function asksForSocket({ method, headers: { upgrade, connection } }: Request): boolean {
  return method === 'GET' && /^websocket$/i.test(String(upgrade)) && /\bupgrade\b/i.test(String(connection));
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
  response.on('finish', () => socket.end());
  return response;
}

/** Sends each piece of the reply's body as a message, an empty one as a ping; rejects if it can't be sent to its end. */
export async function converse(
  { socket, head }: Upgraded,
  request: IncomingMessage,
  { body = '' }: Reply,
  { signal, renew }: Patience,
): Promise<void> {
  const patient = abortable(signal);
  const pieces = typeof body === 'object' && Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : undefined;
  try {
    const client = await patient.race(accept(request, socket, head));
    for (;;) {
      const piece = await patient.race(Promise.resolve(pieces?.next()));
      if (!piece || piece.done) break;
      renew();
      await patient.race(say(client, piece.value));
    }
    client.close(1000);
  } finally {
    patient.close();
    // The one who makes the pieces may be waiting; it is told by its signal.
    void pieces?.return?.().catch(() => undefined);
  }
}

/** A handshake that is wrong is refused, and the connection closed. */
function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> {
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (client) => {
      // What breaks the protocol closes the connection, which is told by its signal.
      client.on('error', () => undefined);
      // One who takes nothing isn't told that its connection is up.
      client.on('ping', (bytes) => client.bufferedAmount === 0 && client.pong(bytes));
      resolve(client);
    });
  });
}

/** Resolves when the client has room for more. */
function say(client: WebSocket, piece: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => (error ? reject(error) : resolve());
    if (piece.length === 0) client.ping('', false, done);
    else client.send(piece, { binary: false }, done);
  });
}
