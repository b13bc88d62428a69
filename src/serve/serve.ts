import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Log } from '../system/log.ts';
import { mask } from '../system/secrets.ts';
import { BodyError } from './body.ts';
import type { ServeMetrics } from './metrics.ts';
import { routes, type Reply, type Surroundings } from './routes.ts';
import type { Store } from './store.ts';

export interface ServeSettings {
  bodyLimit: number;
  skipInvalid: boolean;
}

/** An HTTP server over a store; the caller listens and closes. */
export function createServe(store: Store, settings: ServeSettings, metrics: ServeMetrics, log: Log): Server {
  const surroundings: Surroundings = { store, settings, metrics, log };
  const server = createServer((request, response) => {
    const started = performance.now();
    const { pathname, searchParams } = new URL(`http://serve${request.url ?? '/'}`);
    const known = Object.hasOwn(routes, pathname);
    const method =
      known || /^(GET|POST|PUT|DELETE|HEAD)$/.test(request.method ?? '') ? (request.method ?? '') : 'other';
    response.on('close', () => {
      const seconds = (performance.now() - started) / 1000;
      metrics.answered(method, known ? pathname : 'other', response.statusCode, seconds);
      log.debug('answered', { method, path: pathname, status: response.statusCode, seconds });
    });
    void answer(request, pathname, searchParams, surroundings).then((reply) => send(request, response, reply));
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  return server;
}

async function answer(
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
  surroundings: Surroundings,
): Promise<Reply> {
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!route) return { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' };
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const handle = route[method];
  const allow = Object.keys(route).flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one]));
  if (!handle) return { status: 405, headers: { allow: allow.join(', ') } };
  try {
    return await handle(request, query, surroundings);
  } catch (error) {
    if (error instanceof BodyError) return { status: error.status, type: 'text/plain', body: `${error.message}\n` };
    surroundings.log.error('a request failed', { path, error });
    return { status: 500, type: 'text/plain', body: 'internal error\n' };
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, headers, body = '' }: Reply): void {
  // Lines of logs go out as they came in; only what the program itself says in an error may hold a secret of its own.
  const said = status >= 400 ? mask(body) : body;
  response.writeHead(status, {
    ...(type !== undefined && { 'content-type': type }),
    ...headers,
    'content-length': Buffer.byteLength(said),
    // What is left of a body that was refused is not read.
    ...(!request.complete && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : said);
}
