import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps, Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { freePort } from './port.ts';

const resources = ['pods', 'namespaces', 'nodes'] as const;
type Resource = (typeof resources)[number];

interface Raw {
  [key: string]: unknown;
  metadata: {
    [key: string]: unknown;
    name: string;
    uid: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: { nodeName?: string };
}

export interface Seen {
  verb: 'list' | 'watch' | 'get' | 'other';
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  bytes: number;
}

interface Event {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resource: Resource;
  object: Raw;
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
 * The part of an API server that a watcher of pods meets, on a real socket: LIST and WATCH of pods, namespaces and
 * nodes, GET of pods, with resource versions, history and bookmarks, and the faults that real ones have. Also answers as
 * a kubelet at `/pods`.
 */
export async function createApiServer({ token, tls, bookmarks }: Options = {}) {
  const stored = { pods: new Map<string, Raw>(), namespaces: new Map<string, Raw>(), nodes: new Map<string, Raw>() };
  const forbidden = new Set<Resource>();
  const requests: Seen[] = [];
  const watches = new Set<{ resource: Resource; selector: Selector; response: ServerResponse; seen: Seen }>();
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
  const tell = (line: object | string, to: Resource = 'pods') => {
    const text = `${typeof line === 'string' ? line : JSON.stringify(line)}\n`;
    if (silent) return;
    for (const { resource, response, seen } of watches) if (resource === to) send(response, seen, text);
  };
  const matches = ({ node, name }: Selector, { metadata, spec }: Raw) =>
    (node === undefined || spec?.nodeName === node) && (name === undefined || metadata.name === name);
  const record = (type: Event['type'], resource: Resource, pod: Raw) => {
    version += 1;
    const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(version) } };
    const event = { type, resource, object, version };
    history.push(event);
    if (type === 'DELETED') stored[resource].delete(pod.metadata.uid);
    else stored[resource].set(pod.metadata.uid, object);
    if (silent) return;
    for (const { resource: of, selector, response, seen } of watches)
      if (of === resource && matches(selector, object)) send(response, seen, `${JSON.stringify({ type, object })}\n`);
  };
  const bookmark = () =>
    tell({
      type: 'BOOKMARK',
      object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: String(version) } },
    });
  const list = (resource: Resource, selector: Selector) => ({
    kind: 'List',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(version) },
    items: [...stored[resource].values()].filter((one) => matches(selector, one)),
  });

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://api');
    const { searchParams: query, pathname } = url;
    const path = pathname.replace(/^\/proxy/, '');
    const one = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)$/.exec(path);
    const resource = path === '/pods' ? 'pods' : resources.find((one) => path === `/api/v1/${one}`);
    const verb = resource
      ? ['true', '1'].includes(query.get('watch') ?? '')
        ? 'watch'
        : 'list'
      : one
        ? 'get'
        : 'other';
    const seen: Seen = { verb, path: pathname, query, headers: request.headers, bytes: 0 };
    requests.push(seen);
    const json = (code: number, body: unknown, headers = {}) => {
      const text = JSON.stringify(body);
      seen.bytes += Buffer.byteLength(text);
      response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(text);
    };
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return json(401, status(401, 'Unauthorized'));
    if (request.method === 'POST' && path === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') {
      void readJson(request).then((asked) => {
        const { resource: of, verb: wanted } = asked.spec.resourceAttributes;
        const known = resources.find((name) => name === of);
        const allowed = known !== undefined && !forbidden.has(known) && ['list', 'watch'].includes(wanted);
        json(201, { ...asked, status: { allowed } });
      });
      return undefined;
    }
    if (resource && forbidden.has(resource)) return json(403, status(403, 'Forbidden'));
    const faulty = resource === 'pods' && (verb === 'list' || verb === 'watch');
    const fault = faulty ? answers[verb].shift() : undefined;
    if (fault) return json(fault.code, status(fault.code, fault.reason ?? 'made up'), fault.headers);
    const fields = query.get('fieldSelector') ?? '';
    const selector = {
      node: /spec\.nodeName=([^,]+)/.exec(fields)?.[1],
      name: /metadata\.name=([^,]+)/.exec(fields)?.[1],
    };
    if (resource && verb === 'list') return json(200, list(resource, selector));
    if (one) {
      const pod = [...stored.pods.values()].find(
        ({ metadata }) => metadata.namespace === one[1] && metadata.name === one[2],
      );
      return pod ? json(200, pod) : json(404, status(404, 'NotFound'));
    }
    if (!resource) return json(404, status(404, 'NotFound'));

    const from = Number(query.get('resourceVersion') || version);
    if (from < oldest) return json(410, status(410, 'Expired'));
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    const watching = { resource, selector, response, seen };
    for (const { type, resource: of, object, version } of history) {
      if (version > from && of === resource && matches(selector, object))
        send(response, seen, `${JSON.stringify({ type, object })}\n`);
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
  await listen(await freePort());
  const { port } = server.address() as AddressInfo;
  const timer = bookmarks === undefined ? undefined : setInterval(bookmark, bookmarks);
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  const stock = (resource: Resource) => ({
    set: (one: Raw) => record(stored[resource].has(one.metadata.uid) ? 'MODIFIED' : 'ADDED', resource, one),
    delete(uid: string) {
      const one = stored[resource].get(uid);
      if (one) record('DELETED', resource, one);
    },
  });

  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    pods: stock('pods'),
    namespaces: stock('namespaces'),
    nodes: stock('nodes'),
    /** What no LIST or WATCH is allowed of. */
    forbidden,
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
      errorEvent(code: number, to: Resource = 'pods') {
        tell({ type: 'ERROR', object: status(code, code === 410 ? 'Expired' : 'InternalError') }, to);
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

interface Selector {
  node?: string;
  name?: string;
}

export type ApiServer = Awaited<ReturnType<typeof createApiServer>>;

interface Answer {
  code: number;
  headers: Record<string, string>;
  reason?: string;
}

interface Review {
  spec: { resourceAttributes: { resource: string; verb: string } };
}

const readJson = async (request: IncomingMessage) => JSON.parse(await text(request)) as Review;

function status(code: number, reason: string) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `made up: ${reason}`, reason, code };
}
