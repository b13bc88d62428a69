import type { Arrivals } from './query/arrivals.ts';
import type { Log } from '../system/log.ts';
import type { ServeMetrics } from './metrics.ts';
import type { ServeValues } from './options.ts';
import type { Profiler } from './profile/profile.ts';
import type { Store } from './store.ts';

/** What every handler works with. */
export interface World {
  store: Store;
  values: ServeValues;
  metrics: ServeMetrics;
  log: Log;
  /** Nanoseconds since 1970. */
  now(): bigint;
  /** What came in while the clock was behind; those that share a store share it. */
  arrivals?: Arrivals;
  /** There if profiles may be asked for. */
  profiler?: Profiler;
}

export interface Asked {
  method: string;
  /** What the `*` at the end of the route's path stood for, not decoded; empty for others. */
  rest: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The whole body, decompressed. Throws `BodyError` if it is too large or not what it says; its status is the answer. */
  body(): Promise<Buffer>;
  /** The body as it comes in, decompressed, for what may be larger than memory. */
  stream(): AsyncIterable<Buffer>;
  /**
   * Aborted when the client is gone, the program ends, or time is over: until the reply is there, and then between two
   * pieces of it, since a client that takes nothing may not hold up anything for ever.
   */
  signal: AbortSignal;
}

export interface Reply {
  status: number;
  type?: string;
  headers?: Readonly<Record<string, string>>;
  /** In pieces, each is sent as soon as it is there, and the next one is asked for when the client takes more. */
  body?: string | Buffer | AsyncIterable<string | Buffer>;
}

/** An error is logged and answered with 500. */
export type Handler = (asked: Asked, world: World) => Promise<Reply>;

/** One sibling in `routes/`: what answers at a path, by method. HEAD is answered as GET. */
export interface Route {
  /** As `/query`; with `/*` at its end it stands for all below it. Several routes of one path have different methods. */
  path: string;
  /** Who may ask: `write` and `read` by their credentials, `probe` (probes and metrics) by its own; `page` is open to all, and gives out no logs. */
  access: 'write' | 'read' | 'probe' | 'page';
  methods: Readonly<Record<string, Handler>>;
  /** The answer goes on until the client leaves, as one that follows: it is cut off when the program is asked to end. */
  lasting?: boolean;
  /** A GET may ask for a web socket: answered with 101, each piece of the body is a message. */
  socket?: boolean;
}
