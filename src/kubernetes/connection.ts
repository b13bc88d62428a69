import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { existsSync } from 'node:fs';
import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import path from 'node:path';

/** The way to one API server. */
export interface Connection {
  /** Without credentials, for messages. */
  readonly server: string;
  /**
   * Resolves with any answer, whatever its status; the caller reads or destroys it. Rejects without an answer: not
   * reached, headers not within 30 seconds, credentials unreadable, aborted. The signal also cuts an answer in reading.
   */
  get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage>;
  /** The same for a POST of JSON. Nothing but reviews of the own rights is ever posted. */
  post(path: string, body: unknown, signal: AbortSignal): Promise<IncomingMessage>;
  /** Has credentials read anew before the next request: for a 401. */
  renew(): void;
}

export interface ConnectOptions {
  /** A server that asks for no credentials, say `kubectl proxy`. */
  kubeUrl?: string;
  kubeconfig?: string;
  context?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds until the headers of an answer must be there. */
  patience?: number;
}

const aliveAfter = 30_000;

/**
 * The API server that the options name, else that of the cluster in which this runs, else that of the user's
 * kubeconfig. Rejects when there is none of them, or when it can't be read.
 */
export async function connect({ kubeUrl, patience = 30_000, ...where }: ConnectOptions): Promise<Connection> {
  const agents = createAgents();
  if (kubeUrl !== undefined) {
    const base = plainUrl(kubeUrl);
    const ask = (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal, body?: unknown) =>
      send(urlOf(base, path, query), { agent: agents(base, {}) }, {}, patience, signal, body);
    return { server: base.href, get: ask, post: (path, body, signal) => ask(path, {}, signal, body), renew() {} };
  }

  const load = await loader(where);
  let config: KubeConfig | undefined = load();
  let base = plainUrl(config.getCurrentCluster()?.server ?? '');
  const ask = async (
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<IncomingMessage> => {
    if (!config || !caches(config)) config = load();
    const cluster = config.getCurrentCluster();
    base = plainUrl(cluster?.server ?? '');
    // Tokens and certificates rotate: what the library read for an earlier request may be void by now.
    const headers: OutgoingHttpHeaders = {};
    const options: RequestOptions = { headers };
    await config.applyToHTTPSOptions(options);
    signal.throwIfAborted();
    // The library passes on the newline at a token file's end, which no header may hold.
    if (typeof headers.Authorization === 'string') headers.Authorization = headers.Authorization.trim();
    const agent = cluster?.proxyUrl ? options.agent : agents(base, options);
    return send(urlOf(base, path, query), { ...options, agent }, headers, patience, signal, body);
  };
  return {
    get server() {
      return base.href;
    },
    get: ask,
    post: (path, body, signal) => ask(path, {}, signal, body),
    renew() {
      config = undefined;
    },
  };
}

/** A token file, a plugin and the like have a cache with an end of its own; all else is as it was when loaded. */
function caches(config: KubeConfig): boolean {
  const user = config.getCurrentUser();
  return Boolean(user?.exec ?? user?.authProvider);
}

async function loader(options: Pick<ConnectOptions, 'kubeconfig' | 'context' | 'env'>): Promise<() => KubeConfig> {
  const { kubeconfig, context, env = process.env } = options;
  const inCluster = !kubeconfig && Boolean(env.KUBERNETES_SERVICE_HOST);
  const files = kubeconfig ? [kubeconfig] : inCluster ? [] : userFiles(env);
  const from = inCluster ? "the pod's service account" : files.join(', ');
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');

  return () => {
    const config = new KubeConfig();
    if (inCluster) config.loadFromCluster();
    for (const [i, file] of files.entries()) {
      const one = i === 0 ? config : new KubeConfig();
      one.loadFromFile(file);
      // As for kubectl, the first file that names a context says which one is used.
      if (one !== config) config.mergeConfig(one, Boolean(config.getCurrentContext()));
    }
    if (context !== undefined) config.setCurrentContext(context);
    const name = config.getCurrentContext();
    if (!config.getContextObject(name))
      throw new Error(`no context ${JSON.stringify(name)} in ${from}; there is ${names(config) || 'none'}`);
    if (!config.getCurrentCluster())
      throw new Error(`context ${JSON.stringify(name)} in ${from} names no known cluster`);
    return config;
  };
}

const names = (config: KubeConfig) =>
  config
    .getContexts()
    .map(({ name }) => name)
    .join(', ');

function userFiles(env: NodeJS.ProcessEnv): string[] {
  const named = (env.KUBECONFIG ?? '').split(path.delimiter).filter(Boolean);
  const wanted = named.length > 0 ? named : env.HOME ? [path.join(env.HOME, '.kube', 'config')] : [];
  const files = wanted.filter((file) => existsSync(file));
  if (files.length > 0) return files;
  const looked = named.length > 0 ? `KUBECONFIG (${named.join(', ')})` : wanted.join('') || '~/.kube/config';
  throw new Error(
    `no Kubernetes API server is known: KUBERNETES_SERVICE_HOST is not set, so this is no pod, and there is no file at ` +
      `${looked}. Give --kubeconfig with a file, or --kube-url with the address of a server that asks for no credentials`,
  );
}

function plainUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new Error(`the address of the API server must begin with http:// or https://`);
  for (const part of ['username', 'password', 'search', 'hash'] as const) url[part] = '';
  return url;
}

function urlOf(base: URL, path: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(base);
  url.pathname = base.pathname.replace(/\/+$/, '') + path;
  url.search = new URLSearchParams(query).toString();
  return url;
}

/** One agent that keeps connections, until the certificates are others. */
function createAgents(): (base: URL, options: RequestOptions) => http.Agent {
  let agent: http.Agent | undefined;
  let known = '';
  return (base, { ca, cert, key }) => {
    const now = [base.protocol, ca, cert, key].map(String).join('\0');
    if (agent && now === known) return agent;
    for (const socket of Object.values(agent?.freeSockets ?? {}).flat()) socket?.destroy();
    known = now;
    const options = { keepAlive: true, keepAliveMsecs: aliveAfter };
    agent = base.protocol === 'https:' ? new https.Agent({ ...options, ca, cert, key }) : new http.Agent(options);
    return agent;
  };
}

function send(
  url: URL,
  options: RequestOptions,
  more: OutgoingHttpHeaders,
  patience: number,
  signal: AbortSignal,
  body?: unknown,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers: OutgoingHttpHeaders = {
    Accept: 'application/json',
    'User-Agent': 'kube-log-watcher',
    ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
    ...more,
  };
  const method = text === undefined ? 'GET' : 'POST';
  const request = (url.protocol === 'https:' ? https : http).request(url, { ...options, method, headers, signal });
  const late = () => request.destroy(new Error(`no answer from ${url.host} within ${patience / 1000} s`));
  const timer = setTimeout(late, patience);
  // From the start on, not once the connection is free: a watch may be silent for minutes.
  request.on('socket', (socket) => socket.setKeepAlive(true, aliveAfter));
  request.on('close', () => clearTimeout(timer));
  request.on('error', reject);
  request.on('response', (response) => {
    clearTimeout(timer);
    resolve(response);
  });
  request.end(text);
  return promise;
}
