import type { Log } from '../../system/log.ts';
import type { Metrics } from '../../system/metrics.ts';
import { mask } from '../../system/secrets.ts';
import { statusOf, type Agenda } from '../debounce.ts';
import { Unconfirmed } from './confirm.ts';

export interface ReloadState {
  /**
   * `none`: the shipper looks by itself. `failing`: the last reload failed; it is, or will be, tried again. `waiting`: for
   * quiet or for the budget.
   */
  status: 'none' | 'idle' | 'waiting' | 'running' | 'failing';
  /** Why the last reload failed, until one succeeds. */
  error?: string;
  /** Milliseconds since the epoch: the first want that waits, the begin of what runs, or the first failure. */
  since?: number;
  /** How many have succeeded since the start. */
  reloads: number;
  /** Milliseconds since the epoch. */
  lastOk?: number;
}

/** What has come of the reloads of one shipper: logged, counted, and told as a state. */
export function createHistory({
  agent,
  log,
  metrics,
  now,
}: {
  agent: string;
  log: Log;
  metrics: Pick<Metrics, 'reloads'>;
  now(): number;
}) {
  let reloads = 0;
  let lastOk: number | undefined;
  let error: string | undefined;
  const since: { wanted?: number; begun?: number; failed?: number } = {};
  return {
    want(): void {
      since.wanted ??= now();
    },
    begin(): void {
      delete since.wanted;
      since.begun = now();
    },
    end(): void {
      delete since.begun;
    },
    told(seconds: number, confirmed: boolean): void {
      reloads += 1;
      lastOk = now();
      metrics.reloads.inc({ agent, result: 'ok' });
      log.info('the shipper was told of its new files', { agent, seconds, confirmed });
    },
    succeed(): void {
      error = since.failed = undefined;
    },
    fail(cause: unknown): void {
      metrics.reloads.inc({ agent, result: cause instanceof Unconfirmed ? 'unconfirmed' : 'failed' });
      since.failed ??= now();
      const why = mask(cause instanceof Error ? cause.message : String(cause));
      if (why !== error)
        log.warn('the shipper could not be told of its new files; it is tried again', { agent, error: why });
      error = why;
    },
    /** Without an agenda the shipper looks by itself. */
    state(agenda?: Agenda): ReloadState {
      if (!agenda) return { status: 'none', reloads, lastOk };
      const status = statusOf(agenda);
      const from = { idle: undefined, waiting: since.wanted, running: since.begun, failing: since.failed };
      return { status, error, since: from[status], reloads, lastOk };
    },
  };
}
