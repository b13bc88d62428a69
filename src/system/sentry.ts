import { randomUUID } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Fields, Log } from './log.ts';
import { mask } from './secrets.ts';

/** What stands on every event. */
export interface Origin {
  release: string;
  environment: string;
  serverName: string;
}

/**
 * A log whose errors are reported to Sentry too: at most one event a second, and none is ever waited for.
 * The protocol: https://develop.sentry.dev/sdk/foundations/transport/envelopes/
 */
export function reportErrors(log: Log, dsn: string, origin: Origin, now: () => number = Date.now): Log {
  const url = new URL(dsn);
  const project = url.pathname.split('/').pop() ?? '';
  const path = `${url.pathname.slice(0, -project.length)}api/${project}/envelope/`;
  const auth = `Sentry sentry_version=7, sentry_key=${url.username}, sentry_client=kube-log-watcher/${origin.release}`;
  let last = Number.NEGATIVE_INFINITY;

  const send = (message: string, fields: Fields) => {
    const time = now();
    if (time - last < 1000) return;
    last = time;
    const request = url.protocol === 'http:' ? requestHttp : requestHttps;
    const options = { method: 'POST', hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, path };
    const headers = { 'content-type': 'application/x-sentry-envelope', 'x-sentry-auth': auth };
    const call = request({ ...options, headers, timeout: 5000 }, (response) => response.resume());
    call.on('timeout', () => call.destroy());
    call.on('error', (error) => log.debug('the report to Sentry failed', { error }));
    call.on('socket', (socket) => socket.unref());
    call.end(mask(envelope(message, fields, origin, time)));
  };
  return {
    ...bound(log),
    error(message, fields = {}) {
      log.error(message, fields);
      send(message, fields);
    },
  };
}

function envelope(message: string, fields: Fields, { release, environment, serverName }: Origin, time: number): string {
  const event_id = randomUUID().replaceAll('-', '');
  const sent_at = new Date(time).toISOString();
  const extra = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value]),
  );
  const event = {
    event_id,
    timestamp: time / 1000,
    platform: 'node',
    level: 'error',
    logger: 'kube-log-watcher',
    message,
    release,
    environment,
    server_name: serverName,
    extra,
  };
  return [{ event_id, sent_at }, { type: 'event' }, event].map((part) => JSON.stringify(part)).join('\n');
}

function bound(log: Log): Omit<Log, 'error'> {
  return {
    warn: (message, fields) => log.warn(message, fields),
    info: (message, fields) => log.info(message, fields),
    debug: (message, fields) => log.debug(message, fields),
  };
}
