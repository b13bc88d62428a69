import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from './sink.ts';

/** What an attempt came to. `retry`: later, whole. `split`: in smaller pieces. `refuse`: never. */
export type Outcome =
  | { kind: 'done' }
  | { kind: 'retry'; reason: string; detail: string; after?: number; shrink?: boolean }
  | { kind: 'split'; reason: string; detail: string }
  | { kind: 'refuse'; reason: string; detail: string; dropped?: number };

export interface Backoff {
  /** Milliseconds before the first repetition and the most before any; between them it doubles, with jitter. */
  least: number;
  most: number;
  /** Repetitions after which entries are given up; 0 never gives up. */
  retries: number;
}

/** So many requests are spent to find what is refused in one batch; what is still refused with others then, goes with them. */
const search = 32;

/**
 * Brings the entries 0 up to `count` to their destination, in pieces if need be. Resolves once each is acknowledged or
 * given up for good. Rejects only after an abort.
 */
export async function deliver(
  count: number,
  attempt: (from: number, to: number) => Promise<Outcome>,
  { least, most, retries }: Backoff,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const pieces: [from: number, to: number][] = [[0, count]];
  let left = search;
  while (pieces.length > 0) {
    const [from, to] = pieces.pop() as [number, number];
    const halve = () => {
      const middle = (from + to) >> 1;
      pieces.push([middle, to], [from, middle]);
    };
    for (let failures = 0, shrinks = 0; ; failures++) {
      signal.throwIfAborted();
      const outcome = await attempt(from, to);
      signal.throwIfAborted();
      if (outcome.kind === 'done') break;
      const { reason, detail } = outcome;
      if (outcome.kind === 'split' && to - from > 1) {
        report.retried(reason, detail);
        halve();
        break;
      }
      if (outcome.kind === 'refuse' && outcome.dropped === undefined && to - from > 1 && left-- > 0) {
        report.retried(reason, detail);
        halve();
        break;
      }
      if (outcome.kind !== 'retry') {
        report.dropped(reason, (outcome.kind === 'refuse' ? outcome.dropped : undefined) ?? to - from, detail);
        break;
      }
      if (retries > 0 && failures >= retries) {
        report.dropped(reason, to - from, detail);
        break;
      }
      report.retried(reason, detail);
      const { after, shrink } = outcome;
      const wait = Math.min(most, least * 2 ** Math.min(failures, 30));
      // At least half of it, so that repetitions keep their distance.
      await sleep(Math.max(after ?? 0, wait * (0.5 + Math.random() / 2)), undefined, { signal });
      // Some limits are answered as if they were for now, and are for ever with this size.
      if (shrink && ++shrinks === 3 && to - from > 1) {
        halve();
        break;
      }
    }
  }
}

/** What an HTTP answer means for the entries that were sent, by the status alone. */
export function outcomeOf(status: number, detail: string, retryAfter?: number): Outcome {
  const reason = `http-${status}`;
  if (status >= 200 && status < 300) return { kind: 'done' };
  if (status === 413) return { kind: 'split', reason, detail };
  if (status === 400 || status === 422) return { kind: 'refuse', reason, detail };
  // A wrong token or address is mended by the operator, and must not cost logs.
  return { kind: 'retry', reason, detail, after: retryAfter, shrink: status === 429 || status >= 500 };
}
