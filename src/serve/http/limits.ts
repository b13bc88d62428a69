import { BodyError } from './body.ts';
import type { ServeMetrics } from '../metrics.ts';
import type { ServeValues } from '../options.ts';
import type { Route } from '../route.ts';

/** What one request takes up while it lasts. */
export interface Share {
  /** Counts bytes of its body; throws a `BodyError` if all requests together have too many. */
  hold(bytes: number): void;
  /** Gives everything back; more than once does no harm. */
  release(): void;
}

export interface Limits {
  /** Undefined if there are too many of its kind. */
  enter(route: Pick<Route, 'access' | 'lasting'>): Share | undefined;
}

/** Bounds what all requests together take up. Probes and the page's files are never refused. */
export function createLimits(values: ServeValues, metrics: ServeMetrics): Limits {
  const most = {
    write: values['concurrent-writes'],
    read: values['concurrent-reads'],
    follow: values['concurrent-follows'],
    probe: Infinity,
    page: Infinity,
  };
  const now = { write: 0, read: 0, follow: 0, probe: 0, page: 0 };
  let held = 0;
  return {
    enter({ access, lasting }) {
      const kind = lasting ? 'follow' : access;
      if (now[kind] >= most[kind]) {
        metrics.refused.inc();
        return undefined;
      }
      metrics.inFlight.set({ kind }, (now[kind] += 1));
      let own = 0;
      let over = false;
      return {
        hold(bytes) {
          // One alone is bounded by the limit of a body; it is never too much.
          if (held > own && held + bytes > values['body-memory']) {
            metrics.refused.inc();
            throw new BodyError(429, 'too many bytes are worked on');
          }
          own += bytes;
          held += bytes;
        },
        release() {
          if (over) return;
          over = true;
          held -= own;
          metrics.inFlight.set({ kind }, (now[kind] -= 1));
        },
      };
    },
  };
}
