import type { Metrics } from '../system/metrics.ts';
import type { Connection } from './connection.ts';
import type { Verb } from './health.ts';
import { chunks, refusalOf, type Kind } from './list-watch.ts';
import type { Timings } from './timings.ts';

/** What can be asked of an API server as one list and one watch. */
export interface Collection<Item> extends Kind<Item> {
  path: string;
  /** Of one thing or a few; all of them without. */
  fieldSelector?: string;
}

/** Requests for a collection, one at a time. */
export function createRequests(
  collection: Collection<unknown>,
  world: {
    connection: Connection;
    metrics: Pick<Metrics, 'requests' | 'receivedBytes'>;
    timings: Pick<Timings, 'silence' | 'listSilence'>;
    /** For each piece of an answer. */
    onBytes(): void;
  },
) {
  const { name: resource, path, fieldSelector } = collection;
  const { connection, metrics, timings, onBytes } = world;
  const selector: Record<string, string> = fieldSelector === undefined ? {} : { fieldSelector };
  let running: { verb: Verb; controller: AbortController } | undefined;
  return {
    /** Makes a request and has its body read; what ends the body early, ends the connection. Fails on a refusal. */
    async request<T>(
      verb: Verb,
      query: Record<string, string>,
      read: (body: AsyncIterable<Buffer>, controller: AbortController) => Promise<T>,
    ): Promise<T> {
      const controller = new AbortController();
      running = { verb, controller };
      try {
        const response = await connection
          .get(path, { ...selector, ...query }, controller.signal)
          .catch((error: unknown) => {
            metrics.requests.inc({ verb, code: '0', resource });
            throw error;
          });
        metrics.requests.inc({ verb, code: String(response.statusCode), resource });
        const refusal = refusalOf(response, verb, collection);
        if (refusal) {
          response.destroy();
          throw refusal;
        }
        const silence = verb === 'watch' ? timings.silence : timings.listSilence;
        const body = chunks(response, silence, (bytes) => {
          onBytes();
          metrics.receivedBytes.inc({ verb, resource }, bytes);
        });
        return await read(body, controller);
      } finally {
        running = undefined;
      }
    },
    /** Ends the request that runs now; with a verb only one of its kind. */
    end(verb: Verb | undefined = running?.verb): void {
      if (running?.verb === verb) running?.controller.abort();
    },
  };
}
