import type { IncomingMessage } from 'node:http';
import type { Fields, Log } from '../../system/log.ts';
import type { ServeMetrics } from '../metrics.ts';
import type { Route } from '../route.ts';

/** What is told of a request when it is over. */
export interface Told {
  request: IncomingMessage;
  /** The path of the route. */
  name: string;
  path: string;
  access: Route['access'] | undefined;
  who: string;
  status: number;
  /** False if the answer was cut off. */
  whole: boolean;
  seconds: number;
}

/** Counts a request, and logs it: at `info` if all are to be logged, those of probes at `debug` in any case. */
export function tell(told: Told, { metrics, log }: { metrics: ServeMetrics; log: Log }, all: boolean): void {
  const { request, name, path, access, who, status, whole, seconds } = told;
  const method = request.method ?? '';
  // Names that strangers make up would become metrics.
  const usual = /^(GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH)$/.test(method);
  metrics.answered(usual ? method : 'other', name, status, seconds);
  const short = (text: string | string[] | undefined) => (text === undefined ? undefined : String(text).slice(0, 200));
  // Not the query: what is looked for is nobody's business.
  const fields: Fields = {
    method: short(method),
    path: short(path),
    route: name,
    status,
    seconds: Number(seconds.toFixed(6)),
    client: request.socket.remoteAddress,
    forwarded: short(request.headers['x-forwarded-for']),
    agent: short(request.headers['user-agent']),
    received: short(request.headers['content-length']),
    user: who === '' ? undefined : who,
    ...(!whole && { cut: true }),
  };
  log[all && access !== 'probe' ? 'info' : 'debug']('request', fields);
}
