import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps, Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { RawPod } from './pods.ts';

export interface Seen {
  verb: 'list' | 'watch' | 'get' | 'other';
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  bytes: number;
}

interface Event {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: RawPod;
  version: number;
}

interface Options {
  /** Asked of every request as a bearer token; may be changed later. */
  token?: string;
  tls?: { key: string; cert: string };
  /** Milliseconds between bookmarks; none without. */
  bookmarks?: number;
}

/**
 * The part of an API server that a watcher of pods meets, on a real socket: LIST, WATCH and GET of pods, with resource
 * versions, history and bookmarks, and the faults that real ones have. Also answers as a kubelet at `/pods`.
 */
export async function createApiServer({ token, tls, bookmarks }: Options = {}) {
  const pods = new Map<string, RawPod>();
  const requests: Seen[] = [];
  const watches = new Set<{ node: string | undefined; response: ServerResponse; seen: Seen }>();
  const answers: { list: Answer[]; watch: Answer[] } = { list: [], watch: [] };
  const sockets = new Set<Socket>();
  let history: Event[] = [];
  let version = 100;
  let oldest = 0;
  let silent = false;
  let connections = 0;

  const send = (response: ServerResponse, seen: Seen, text: string) => {
    seen.bytes += Buffer.byteLength(text);
    response.write(text);
  };
  const tell = (line: object | string) => {
    const text = `${typeof line === 'string' ? line : JSON.stringify(line)}\n`;
    if (!silent) for (const { response, seen } of watches) send(response, seen, text);
  };
  const matches = (node: string | undefined, pod: RawPod) => node === undefined || pod.spec.nodeName === node;
  const record = (type: Event['type'], pod: RawPod) => {
    version += 1;
    const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(version) } };
    const event = { type, object, version };
    history.push(event);
    if (type === 'DELETED') pods.delete(pod.metadata.uid);
    else pods.set(pod.metadata.uid, object);
    if (silent) return;
    for (const { node, response, seen } of watches)
      if (matches(node, object)) send(response, seen, `${JSON.stringify({ type, object })}\n`);
  };
  const bookmark = () =>
    tell({
      type: 'BOOKMARK',
      object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: String(version) } },
    });
  const list = (node: string | undefined) => ({
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(version) },
    items: [...pods.values()].filter((pod) => matches(node, pod)),
  });

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://api');
    const { searchParams: query, pathname } = url;
    const path = pathname.replace(/^\/proxy/, '');
    const one = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)$/.exec(path);
    const all = path === '/api/v1/pods' || path === '/pods';
    const verb = all ? (['true', '1'].includes(query.get('watch') ?? '') ? 'watch' : 'list') : one ? 'get' : 'other';
    const seen: Seen = { verb, path: pathname, query, headers: request.headers, bytes: 0 };
    requests.push(seen);
    const json = (code: number, body: unknown, headers = {}) => {
      const text = JSON.stringify(body);
      seen.bytes += Buffer.byteLength(text);
      response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(text);
    };
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return json(401, status(401, 'Unauthorized'));
    const fault = verb === 'list' || verb === 'watch' ? answers[verb].shift() : undefined;
    if (fault) return json(fault.code, status(fault.code, fault.reason ?? 'made up'), fault.headers);
    const node = /spec\.nodeName=([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1];
    if (verb === 'list') return json(200, list(node));
    if (one) {
      const pod = [...pods.values()].find(({ metadata }) => metadata.namespace === one[1] && metadata.name === one[2]);
      return pod ? json(200, pod) : json(404, status(404, 'NotFound'));
    }
    if (verb === 'other') return json(404, status(404, 'NotFound'));

    const from = Number(query.get('resourceVersion') || version);
    if (from < oldest) return json(410, status(410, 'Expired'));
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    const watching = { node, response, seen };
    for (const { type, object, version } of history) {
      if (version > from && matches(node, object)) send(response, seen, `${JSON.stringify({ type, object })}\n`);
    }
    watches.add(watching);
    const end = setTimeout(() => response.end(), (Number(query.get('timeoutSeconds')) || 300) * 1000);
    response.on('close', () => {
      clearTimeout(end);
      watches.delete(watching);
    });
  };

  const server = tls ? createHttps(tls, handle) : createHttp(handle);
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    connections += 1;
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const timer = bookmarks === undefined ? undefined : setInterval(bookmark, bookmarks);
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    pods: {
      set: (pod: RawPod) => record(pods.has(pod.metadata.uid) ? 'MODIFIED' : 'ADDED', pod),
      delete(uid: string) {
        const pod = pods.get(uid);
        if (pod) record('DELETED', pod);
      },
    },
    get watches() {
      return watches.size;
    },
    /** How many were made so far. */
    get connections() {
      return connections;
    },
    setToken: (next: string) => void (token = next),
    /** For connections made from now on. */
    setTls: (next: { key: string; cert: string }) => {
      if (server instanceof HttpsServer) server.setSecureContext(next);
    },
    faults: {
      /** What the next LIST, or WATCH, is answered instead. */
      list: (code: number, headers = {}, reason?: string) => void answers.list.push({ code, headers, reason }),
      watch: (code: number, headers = {}, reason?: string) => void answers.watch.push({ code, headers, reason }),
      /** An ERROR event in the running watches, after which they end. */
      errorEvent(code: number) {
        tell({ type: 'ERROR', object: status(code, code === 410 ? 'Expired' : 'InternalError') });
        for (const { response } of watches) response.end();
      },
      reset: () => sockets.forEach((socket) => socket.resetAndDestroy()),
      end: () => watches.forEach(({ response }) => response.end()),
      /** The running watches and all that follow get nothing more, or get events again. */
      silence: (on: boolean) => void (silent = on),
      /** A line of any kind in the running watches. */
      line: tell,
      garbage: () => tell('{"type":"ADDED","object":{"metada'),
      bookmark,
      /** The history before now is gone: older resource versions are answered 410. */
      forget() {
        version += 1;
        oldest = version;
        history = [];
      },
    },
    stop,
    start: () => listen(port),
    async close() {
      clearInterval(timer);
      if (server.listening) await stop();
    },
  };
}

export type ApiServer = Awaited<ReturnType<typeof createApiServer>>;

interface Answer {
  code: number;
  headers: Record<string, string>;
  reason?: string;
}

function status(code: number, reason: string) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `made up: ${reason}`, reason, code };
}
