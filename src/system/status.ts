import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mask } from './secrets.ts';

/** One thing that is well or is not, for a probe. */
export interface Check {
  ok: boolean;
  detail?: string;
}

export interface Answer {
  status: number;
  type: string;
  body: string;
}

/** What answers at a path; it gets the query. */
export type Route = (query: URLSearchParams) => Answer | Promise<Answer>;

export interface StatusServer {
  port: number;
  close(): Promise<void>;
}

export const json = (body: unknown, status = 200): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(body, undefined, 2)}\n`,
});

/** A probe's answer: 200 if all is well, else 503; every check by name. */
export function probe(checks: Readonly<Record<string, Check>>): Answer {
  const ok = Object.values(checks).every((check) => check.ok);
  return json({ ok, checks }, ok ? 200 : 503);
}

/** Splits `host:port`, `:port` or `[::1]:port`; without a host every address of the machine, IPv6 and IPv4. */
export function parseAddress(address: string): { host: string | undefined; port: number } | undefined {
  const [, host, port] =
    /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address)?.filter((part) => part !== undefined) ?? [];
  if (port === undefined || Number(port) > 65535) return undefined;
  return { host: host || undefined, port: Number(port) };
}

/** Serves GET at the given paths. Rejects when the address can't be had. */
export function serveStatus(address: string, routes: Readonly<Record<string, Route>>): Promise<StatusServer> {
  const { host, port } = parseAddress(address) ?? { host: undefined, port: 0 };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://status');
    const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined;
    if (!route) return send(response, json({ error: 'not found', paths: Object.keys(routes) }, 404));
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, json({ error: 'GET only' }, 405));
    return void answer(route, url.searchParams).then((answer) => send(response, answer));
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  return new Promise((resolve, reject) => {
    const refuse = ({ message }: Error) =>
      reject(new Error(`--status-address: ${message}; give another address, or \`off\``));
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
      server.unref();
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function answer(route: Route, query: URLSearchParams): Promise<Answer> {
  try {
    return await route(query);
  } catch (error) {
    return json({ error: error instanceof Error ? error.message : String(error) }, 500);
  }
}

/** What an agent or a server says in an error may hold a secret. */
function send(response: ServerResponse, { status, type, body: said }: Answer): void {
  const body = mask(said);
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
