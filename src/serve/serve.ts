import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { answer } from './http/answering.ts';
import { find, splitTarget } from './http/dispatch.ts';
import type { Gate } from './http/gate.ts';
import { tell } from './http/journal.ts';
import { createLife } from './http/life.ts';
import { createLimits, type Limits } from './http/limits.ts';
import { probed } from './http/probed.ts';
import { createArrivals, noted } from './query/arrivals.ts';
import type { Route, World } from './route.ts';
import { routes } from './routes.ts';
import { send } from './http/send.ts';
import { asksForSocket, converse, responseOn, type Upgraded } from './http/websocket.ts';

/** What a server may have beside its world. */
export interface Front {
  /** All that answers; `routes` without it. */
  table?: readonly Route[];
  /** Lets everybody in without it. */
  gate?: Gate;
  /** Serves HTTP without it. */
  tls?: SecureContextOptions;
  /** Requests wait for it; it never rejects. */
  ready?: Promise<void>;
}

/**
 * A server over a store; the caller listens and closes. With the abort of `ending` lasting answers are cut off; others
 * end by themselves, or with their connections.
 */
export function createServe(given: World, ending: AbortSignal, front: Front = {}): Server {
  const arrivals = given.arrivals ?? createArrivals(given.now);
  const world = { ...given, arrivals, store: noted(probed(given.store), arrivals) };
  const { values, metrics } = world;
  const { tls, gate, ready, table = routes } = front;
  const limits = createLimits(values, metrics);
  const listener = (request: IncomingMessage, response: ServerResponse, upgraded?: Upgraded) => {
    const begin = () => void handle(request, response, { world, ending, table, gate, limits }, upgraded);
    if (ready) void ready.then(begin);
    else begin();
  };
  // Others that speak of another protocol, as HTTP/2, are answered as if they had not.
  const shouldUpgradeCallback = (request: IncomingMessage) =>
    find(table, splitTarget(request.url ?? '/').path).methods.get('GET')?.route.socket === true &&
    asksForSocket(request);
  const clientAuth = tls?.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  // How often it is looked for those who are slow with their headers.
  const often = { connectionsCheckingInterval: 2000, shouldUpgradeCallback };
  const server: Server = tls
    ? createTlsServer({ ...tls, ...clientAuth, ...often, handshakeTimeout: 10_000 })
    : createServer(often);
  server.on('request', (request, response) => listener(request, response));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    listener(request, responseOn(socket, request), { socket, head });
  });
  server.headersTimeout = 10_000;
  // How long a request may take is told by its life: a body may come in for hours if it comes.
  server.requestTimeout = 0;
  // Longer than clients and proxies keep theirs: a connection that both use and close at once costs a repetition.
  server.keepAliveTimeout = 75_000;
  server.maxConnections = values['connections-limit'];
  return server;
}

/** What all requests share. */
export interface Shared {
  world: World;
  ending: AbortSignal;
  table: readonly Route[];
  gate: Gate | undefined;
  limits: Limits;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  shared: Shared,
  upgraded?: Upgraded,
): Promise<void> {
  const { world, ending, table } = shared;
  const { log, values } = world;
  const started = performance.now();
  const { path, query } = splitTarget(request.url ?? '/');
  const place = find(table, path);
  const route = place.methods.get(request.method ?? '')?.route;
  const patience = values['request-timeout'] * 1000;
  let life = createLife(patience);
  const cut = () => life.end(new Error('the program ends'));
  if (route?.lasting) ending.addEventListener('abort', cut, { once: true });
  if (route?.lasting && ending.aborted) cut();
  const visit = { request, place, query, life, who: '', release: () => undefined as void };
  response.on('error', (error) => log.debug('an answer can not be sent', { error }));
  response.on('close', () => {
    ending.removeEventListener('abort', cut);
    life.end(new Error('the client is gone'));
    visit.release();
    const seconds = (performance.now() - started) / 1000;
    const { statusCode, headersSent, writableFinished } = response;
    const left = statusCode === 101;
    const whole = left || writableFinished;
    // Who left before an answer, by the number that nginx gives it.
    const status = left || headersSent ? statusCode : 499;
    const { who } = visit;
    const told = { request, name: place.name, path, access: route?.access, who, status, whole, seconds };
    tell(told, world, values['access-log']);
  });
  response.setHeader('x-content-type-options', 'nosniff');
  try {
    const reply = await answer(visit, shared);
    // One who keeps a connection would find nobody behind it.
    if (ending.aborted) response.setHeader('connection', 'close');
    // That time is over has to be told too.
    if (life.signal.aborted) life = createLife(patience);
    // A client that takes nothing of its answer is not waited for.
    life.signal.addEventListener('abort', () => response.destroy(), { once: true });
    if (upgraded && reply.status === 101) {
      response.statusCode = reply.status;
      await converse(upgraded, request, reply, life);
    } else await send(request, response, reply, life);
  } catch (error) {
    if (!life.signal.aborted) log.error('an answer was cut off', { path: place.name, error });
    response.destroy();
  }
}
