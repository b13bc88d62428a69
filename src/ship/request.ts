import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** How a destination is reached. Files are read anew for each connection or request, so that what is in them may change. */
export interface Connection {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Milliseconds after which an answer is not waited for any longer. */
  timeout: number;
  basic?: { user: string; passwordFile?: string; password?: string };
  bearer?: { tokenFile?: string; token?: string };
  tls?: { caFile?: string; certFile?: string; keyFile?: string; serverName?: string; insecure?: boolean };
  /** An HTTP proxy; without it the usual variables tell. */
  proxy?: string;
}

export interface Answered {
  status: number;
  /** The beginning of the answer, on one line. */
  detail: string;
  /** Milliseconds that Retry-After asks for. */
  retryAfter: number | undefined;
}

export interface Poster {
  /** Rejects when there was no answer. */
  post(body: Buffer, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answered>;
  close(): void;
}

export function createPoster(connection: Connection, env: NodeJS.ProcessEnv, userAgent: string): Poster {
  const { url, timeout, basic, bearer, tls, proxy } = connection;
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const proxyEnv = proxy ? { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } : proxiesOf(env);
  const options = { keepAlive: true, maxSockets: 2, ...(proxyEnv && { proxyEnv }) };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);

  const authorization = (): Record<string, string> => {
    if (basic) {
      const password = basic.passwordFile ? readFileSync(basic.passwordFile, 'utf8').trim() : (basic.password ?? '');
      return { authorization: `Basic ${Buffer.from(`${basic.user}:${password}`).toString('base64')}` };
    }
    if (bearer) {
      const token = bearer.tokenFile ? readFileSync(bearer.tokenFile, 'utf8').trim() : (bearer.token ?? '');
      return { authorization: `Bearer ${token}` };
    }
    return {};
  };
  const file = (path: string | undefined) => (path ? readFileSync(path) : undefined);
  const security = () =>
    secure && tls
      ? {
          ca: file(tls.caFile),
          cert: file(tls.certFile),
          key: file(tls.keyFile),
          servername: tls.serverName,
          rejectUnauthorized: !tls.insecure,
        }
      : {};

  return {
    post: async (body, headers, signal) => {
      const all = {
        'user-agent': userAgent,
        ...headers,
        ...connection.headers,
        ...authorization(),
        'content-length': body.length,
      };
      const request = secure ? requestHttps : requestHttp;
      const limit = AbortSignal.timeout(timeout);
      const call = request(target, {
        method: 'POST',
        agent,
        headers: all,
        signal: AbortSignal.any([signal, limit]),
        ...security(),
      });
      return new Promise((resolve, reject) => {
        call.on('error', (error) => reject(limit.aborted ? new Error(`no answer within ${timeout} ms`) : error));
        call.on('response', (response) => {
          read(response).then(resolve, reject);
        });
        call.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

async function read(response: IncomingMessage): Promise<Answered> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) if (text.length < 1024) text += part as string;
  const after = response.headers['retry-after'];
  const seconds = after === undefined ? Number.NaN : Number(after);
  const wait = Number.isNaN(seconds) ? Date.parse(after ?? '') - Date.now() : seconds * 1000;
  return {
    status: response.statusCode ?? 0,
    detail: text.slice(0, 500).replaceAll(/\s+/g, ' ').trim(),
    retryAfter: wait > 0 ? Math.min(wait, 300_000) : undefined,
  };
}

function proxiesOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv | undefined {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
  const set = names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return set.length > 0 ? Object.fromEntries(set) : undefined;
}
