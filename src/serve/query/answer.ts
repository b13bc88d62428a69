import { QueryError } from './parameters.ts';
import { json, reason, type Fault } from '../reply.ts';
import type { Handler, Reply } from '../route.ts';
import { StoreNotReady } from '../store.ts';

/** A handler whose failures are told as JSON: what is wrong with the question, or what became of the store. */
export function answering(handle: Handler): Handler {
  return async (asked, world) => {
    try {
      return await handle(asked, world);
    } catch (error) {
      if (error instanceof QueryError)
        return json(400, { message: 'invalid query', detail: error.message, problems: error.problems });
      // A cursor is the store's own: it alone can tell one that isn't.
      if (error instanceof RangeError && /cursor/.test(error.message))
        return json(400, { message: 'invalid query', detail: error.message, problems: [cursorProblem(error)] });
      return failure(error, asked.signal, (failed) => world.log.error('a query failed', { error: failed }));
    }
  };
}

const cursorProblem = ({ message }: Error) => ({
  parameter: 'after',
  problem: message,
  help: 'the next of an answer of this server',
});

/** The answer to a failure of the store; what the end of the request has caused is thrown on. */
function failure(error: unknown, signal: AbortSignal, tell: (error: unknown) => void): Reply {
  if (signal.aborted || (error instanceof Error && 'status' in error)) throw error;
  const fault = faultOf(error);
  if (!(error instanceof StoreNotReady)) tell(error);
  return json(error instanceof StoreNotReady ? 503 : 500, fault);
}

export const faultOf = (error: unknown): Fault => ({
  message: error instanceof StoreNotReady ? 'data store is not ready' : 'query execution error',
  detail: reason(error),
});

/** Letters that are gathered before they are sent. */
const enough = 65_536;

/** The pieces in larger ones; the first one is made before the promise resolves, so what can't begin is thrown. */
export async function begun(pieces: AsyncIterable<string>): Promise<AsyncIterable<string>> {
  const all = gathered(pieces);
  const first = await all.next();
  async function* whole() {
    if (first.done) return;
    yield first.value;
    yield* all;
  }
  return whole();
}

async function* gathered(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let waiting = '';
  for await (const piece of pieces) {
    waiting += piece;
    if (waiting.length < enough) continue;
    yield waiting;
    waiting = '';
  }
  if (waiting !== '') yield waiting;
}

export const ndjson = 'application/x-ndjson';

/** True if lines of JSON are what the client asks for. */
export const wantsLines = (accept: string | string[] | undefined) => String(accept ?? '').includes(ndjson);
