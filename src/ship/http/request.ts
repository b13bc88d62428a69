import { createAuthorization, type Credentials } from './authorization.ts';
import { createCaller, type Reached } from './caller.ts';

/** How a destination is reached, and as whom. */
export interface Connection extends Reached, Credentials {
  headers: Readonly<Record<string, string>>;
}

export interface Answered {
  status: number;
  /** The beginning of the answer, on one line. */
  detail: string;
  /** The answer, as far as it was read. */
  text: string;
  /** Milliseconds that Retry-After asks for. */
  retryAfter: number | undefined;
}

export interface Poster {
  /** Rejects when there was no answer. */
  post(body: Buffer, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answered>;
  close(): void;
}

/** Posts to a destination, with its headers and its authorization. */
export function createPoster(connection: Connection, env: NodeJS.ProcessEnv, userAgent: string): Poster {
  const caller = createCaller(connection, env);
  const authorization = createAuthorization(connection, env);
  return {
    async post(body, headers, signal) {
      const own = { 'user-agent': userAgent, ...headers, ...connection.headers };
      const all = { ...own, ...(await authorization.headers(signal)) };
      const { status, text, retryAfter } = await caller.call(body, all, signal);
      if (status === 401) authorization.refused();
      return { status, detail: text.slice(0, 500).replaceAll(/\s+/g, ' ').trim(), text, retryAfter };
    },
    close() {
      caller.close();
      authorization.close();
    },
  };
}
