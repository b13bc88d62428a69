import { readFileSync } from 'node:fs';
import { keepSecret } from '../../system/secrets.ts';
import { createCaller, type Reached } from './caller.ts';

/** Client credentials: https://www.rfc-editor.org/rfc/rfc6749#section-4.4 */
export interface OAuth2 extends Pick<Reached, 'tls' | 'proxy'> {
  clientId: string;
  secret?: string;
  /** Read for each token. */
  secretFile?: string;
  tokenUrl: string;
  scopes: readonly string[];
  /** Further fields of the request for a token. */
  params: Readonly<Record<string, string>>;
}

/** As whom; the first of them counts. */
export interface Credentials {
  basic?: { user: string; passwordFile?: string; password?: string };
  bearer?: { tokenFile?: string; token?: string };
  oauth2?: OAuth2;
}

export interface Authorization {
  /** The header in force. Rejects where there is none, as a failed request does. */
  headers(signal: AbortSignal): Promise<Record<string, string>>;
  /** It was refused; what can be had anew is. */
  refused(): void;
  close(): void;
}

/** Milliseconds before its end at which a token is not used any more. */
const early = 10_000;

export function createAuthorization(
  { basic, bearer, oauth2, timeout }: Credentials & Pick<Reached, 'timeout'>,
  env: NodeJS.ProcessEnv,
): Authorization {
  const nothing = { refused: () => undefined, close: () => undefined };
  if (basic) {
    const header = () => {
      const password = secretOf(basic.passwordFile, basic.password);
      return `Basic ${kept(Buffer.from(`${basic.user}:${password}`).toString('base64'))}`;
    };
    return { ...nothing, headers: async () => ({ authorization: header() }) };
  }
  if (bearer)
    return {
      ...nothing,
      headers: async () => ({ authorization: `Bearer ${secretOf(bearer.tokenFile, bearer.token)}` }),
    };
  if (oauth2) return createTokens(oauth2, timeout, env);
  return { ...nothing, headers: async () => ({}) };
}

function createTokens(oauth2: OAuth2, timeout: number, env: NodeJS.ProcessEnv): Authorization {
  const { clientId, tokenUrl, scopes, params } = oauth2;
  const caller = createCaller({ ...oauth2, url: tokenUrl, timeout }, env);
  let token: { header: string; until: number } | undefined;
  const ask = async (signal: AbortSignal) => {
    const secret = secretOf(oauth2.secretFile, oauth2.secret);
    const scope = scopes.length > 0 ? { scope: scopes.join(' ') } : undefined;
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...scope, ...params });
    const pair = [clientId, secret].map(encodeURIComponent).join(':');
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      authorization: `Basic ${kept(Buffer.from(pair).toString('base64'))}`,
    };
    const { status, text } = await caller.call(Buffer.from(body.toString()), headers, signal);
    if (status !== 200) throw new Error(`no token: ${tokenUrl} answered ${status}`);
    const read = JSON.parse(text) as { access_token?: unknown; expires_in?: unknown };
    if (typeof read.access_token !== 'string') throw new Error(`no token in the answer of ${tokenUrl}`);
    const lasts = Number(read.expires_in ?? 3600) * 1000;
    // One that lasts shorter than that is asked for each time.
    return { header: `Bearer ${kept(read.access_token)}`, until: performance.now() + lasts - early };
  };
  return {
    async headers(signal) {
      if (!token || performance.now() > token.until) token = await ask(signal);
      return { authorization: token.header };
    },
    refused: () => void (token = undefined),
    close: () => caller.close(),
  };
}

/** Read each time, since it may be exchanged; known from then on, so that it is never logged. */
function secretOf(path: string | undefined, given: string | undefined): string {
  return path === undefined ? (given ?? '') : kept(readFileSync(path, 'utf8').trim());
}

function kept(secret: string): string {
  keepSecret(secret);
  return secret;
}
