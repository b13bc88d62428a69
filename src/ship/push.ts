import { deliver, outcomeOf, type Outcome } from './deliver.ts';
import type { Destination, SinkWorld } from './destination.ts';
import { createPoster } from './http/request.ts';

/** Brings entries to a server in bodies of its form, however often it takes. */
export interface Pusher {
  /** As `send` of a sink; `bodyOf` is asked once for each piece that is tried, repetitions have the same bytes. */
  push(count: number, bodyOf: (from: number, to: number) => Promise<Buffer>, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** `understand` may see more in the text of an answer than its status tells. */
export function createPusher(
  { connection, backoff }: Pick<Destination, 'connection' | 'backoff'>,
  { report, env, version }: SinkWorld,
  headers: Readonly<Record<string, string>>,
  understand: (outcome: Outcome, text: string) => Outcome = (outcome) => outcome,
): Pusher {
  const poster = createPoster(connection, env, `kube-log-watcher/${version}`);
  return {
    async push(count, bodyOf, signal) {
      let last: { from: number; to: number; body: Buffer } | undefined;
      const attempt = async (from: number, to: number): Promise<Outcome> => {
        if (last?.from !== from || last.to !== to) last = { from, to, body: await bodyOf(from, to) };
        const { body } = last;
        try {
          const { status, detail, text, retryAfter } = await poster.post(body, headers, signal);
          const outcome = understand(outcomeOf(status, detail, retryAfter), text);
          if (outcome.kind === 'done') report.sent(body.length);
          return outcome;
        } catch (error) {
          return { kind: 'retry', reason: 'no-answer', detail: (error as Error).message };
        }
      };
      await deliver(count, attempt, backoff, report, signal);
    },
    close: () => poster.close(),
  };
}
