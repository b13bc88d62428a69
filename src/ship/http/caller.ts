import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** How TLS is spoken. Files are read anew for each request, so that what is in them may change. */
export interface Security {
  caFile?: string;
  certFile?: string;
  keyFile?: string;
  serverName?: string;
  insecure?: boolean;
}

/** How a server is reached. */
export interface Reached {
  url: string;
  /** Milliseconds after which an answer is not waited for any longer. */
  timeout: number;
  tls?: Security;
  /** An HTTP proxy; without it the usual variables tell. */
  proxy?: string;
}

/** The most of an answer that is read. */
const longest = 64 * 1024;

/** POSTs to one address over connections that are kept. No redirection is followed. */
export function createCaller({ url, timeout, tls, proxy }: Reached, env: NodeJS.ProcessEnv) {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const proxyEnv = proxy ? { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } : proxiesOf(env);
  const options = { keepAlive: true, maxSockets: 2, ...(proxyEnv && { proxyEnv }) };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
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
    /** Rejects when there was no whole answer. */
    call: async (body: Buffer, headers: Readonly<Record<string, string>>, signal: AbortSignal) => {
      const request = secure ? requestHttps : requestHttp;
      const limit = AbortSignal.timeout(timeout);
      const call = request(target, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': body.length },
        signal: AbortSignal.any([signal, limit]),
        ...security(),
      });
      return new Promise<{ status: number; text: string; retryAfter: number | undefined }>((resolve, reject) => {
        const fail = (error: Error) => reject(limit.aborted ? new Error(`no answer within ${timeout} ms`) : error);
        call.on('error', fail);
        call.on('response', (response) => {
          read(response).then(resolve, fail);
        });
        call.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

async function read(response: IncomingMessage) {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) if (text.length < longest) text += part as string;
  const after = response.headers['retry-after'];
  const seconds = after === undefined ? Number.NaN : Number(after);
  const wait = Number.isNaN(seconds) ? Date.parse(after ?? '') - Date.now() : seconds * 1000;
  const retryAfter = wait > 0 ? Math.min(wait, 300_000) : undefined;
  return { status: response.statusCode ?? 0, text, retryAfter };
}

function proxiesOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv | undefined {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
  const set = names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return set.length > 0 ? Object.fromEntries(set) : undefined;
}
