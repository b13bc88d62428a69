import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { orAbort } from './abort.ts';
import { BodyError, readBody, readStream } from './body.ts';
import { find, splitTarget, type Place } from './dispatch.ts';
import { createLife, TimeOver, type Life } from './life.ts';
import { text } from './reply.ts';
import type { Asked, Reply, Route, World } from './route.ts';
import { routes } from './routes.ts';
import { send } from './send.ts';

/**
 * An HTTP server over a store; the caller listens and closes. With the abort of `ending` lasting answers are cut off;
 * others end by themselves, or with their connections.
 */
export function createServe(world: World, ending: AbortSignal, table: readonly Route[] = routes): Server {
  const server = createServer((request, response) => void handle(request, response, world, ending, table));
  server.headersTimeout = 10_000;
  // How long a request may take is told by its life: a body may come in for hours if it comes.
  server.requestTimeout = 0;
  // Longer than clients and proxies keep theirs: a connection that both use and close at once costs a repetition.
  server.keepAliveTimeout = 75_000;
  return server;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
  ending: AbortSignal,
  table: readonly Route[],
): Promise<void> {
  const { metrics, log, values } = world;
  const started = performance.now();
  const { path, query } = splitTarget(request.url ?? '/');
  const place = find(table, path);
  const method = request.method ?? '';
  const route = place.methods.get(method)?.route;
  const life = createLife(values['request-timeout'] * 1000);
  const cut = () => life.end(new Error('the program ends'));
  if (route?.lasting) ending.addEventListener('abort', cut, { once: true });
  response.on('error', (error) => log.debug('an answer can not be sent', { error }));
  response.on('close', () => {
    ending.removeEventListener('abort', cut);
    life.end(new Error('the client is gone'));
    const seconds = (performance.now() - started) / 1000;
    const known = place.methods.size > 0 || /^(GET|POST|PUT|DELETE|HEAD)$/.test(method);
    metrics.answered(known ? method : 'other', place.name, response.statusCode, seconds);
    log.debug('answered', { method, path, status: response.statusCode, seconds });
  });
  try {
    await send(request, response, await answer(request, place, query, world, life), life);
  } catch (error) {
    if (!life.signal.aborted) log.error('an answer was cut off', { path, error });
    response.destroy();
  }
}

async function answer(
  request: IncomingMessage,
  place: Place,
  query: URLSearchParams,
  world: World,
  life: Life,
): Promise<Reply> {
  if (place.methods.size === 0) return text(404, '404 page not found\n');
  const found = place.methods.get(request.method ?? '');
  if (!found) return { status: 405, headers: { allow: [...place.methods.keys()].toSorted().join(', ') } };
  try {
    const reply = await orAbort(found.handle(asked(request, place, query, world, life), world), life.signal);
    return found.route.lasting ? reply : await begun(reply, life.signal);
  } catch (error) {
    if (error instanceof BodyError) return text(error.status, `${error.message}\n`);
    if (error instanceof TimeOver)
      return { ...text(request.complete ? 503 : 408, `${error.message}\n`), headers: { 'retry-after': '1' } };
    if (!life.signal.aborted) world.log.error('a request failed', { path: place.name, error });
    return text(500, 'internal error\n');
  }
}

const asked = (
  request: IncomingMessage,
  { rest }: Place,
  query: URLSearchParams,
  { values }: World,
  { signal, renew }: Life,
): Asked => ({
  method: request.method ?? '',
  rest,
  query,
  headers: request.headers,
  body: () => readBody(request, values['body-limit']),
  async *stream() {
    for await (const piece of readStream(request, values['body-limit'])) {
      renew();
      yield piece;
    }
  },
  signal,
});

/** Waits for the first piece, so that what can't begin is answered as an error and not as an empty success. */
async function begun(reply: Reply, signal: AbortSignal): Promise<Reply> {
  if (typeof reply.body !== 'object' || !(Symbol.asyncIterator in reply.body)) return reply;
  const pieces = reply.body[Symbol.asyncIterator]();
  const first = await orAbort(pieces.next(), signal);
  async function* all() {
    if (first.done) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  }
  return { ...reply, body: all() };
}
