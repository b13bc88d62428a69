import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A reverse proxy that serves another server below a path, and can be cut off. */
export interface Proxy {
  /** With the path, which ends with a slash. */
  url: string;
  /** All targets it was asked for. */
  asked: string[];
  /** Cuts off all that goes through it, and refuses whatever comes. */
  cut(): void;
  mend(): void;
  /** Passes nothing more of the answers that have begun, and says nothing of it. */
  stall(): void;
  close(): Promise<void>;
}

/** Serves what is at `target`, which may move, at `path`. */
export async function openProxy(target: () => string, path = '/'): Promise<Proxy> {
  let open = true;
  const sockets = new Set<Socket>();
  const answers = new Set<IncomingMessage>();
  const asked: string[] = [];
  const server = createServer((asking, answering) => {
    const url = asking.url ?? '';
    asked.push(url);
    if (!url.startsWith(path)) {
      answering.writeHead(404).end('nothing of this path is ours');
      return;
    }
    const { host: _, ...headers } = asking.headers;
    const passed = request(target() + url.slice(path.length - 1), { method: asking.method, headers }, (answer) => {
      answering.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(answering);
      answers.add(answer);
      answer.on('close', () => answers.delete(answer));
      answer.on('error', () => answering.destroy());
    });
    passed.on('error', () => answering.destroy());
    answering.on('close', () => passed.destroy());
    asking.pipe(passed);
  });
  server.on('connection', (socket) => {
    if (!open) socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    asked,
    cut() {
      open = false;
      for (const socket of sockets) socket.destroy();
    },
    stall() {
      for (const answer of answers) answer.unpipe();
    },
    mend() {
      open = true;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
