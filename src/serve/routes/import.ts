import { setTimeout as sleep } from 'node:timers/promises';
import { answering } from '../query/answer.ts';
import { LineError, readRows } from '../write/import.ts';
import { between, parametersOf } from '../query/parameters.ts';
import { json, reason } from '../reply.ts';
import type { Handler, Route } from '../route.ts';
import { StoreBusy, StoreNotReady, type Entry, type Store } from '../store.ts';

const handle: Handler = async ({ query, stream, signal }, { store, values, metrics, log }) => {
  const parameters = parametersOf(query);
  const skip = parameters.one('skip', between(0, 1e15), 'how many lines are passed over') ?? 0;
  parameters.done();
  const bounds = { entries: 2000, line: values['body-limit'], skip };
  let done = skip;
  let stored = 0;
  try {
    for await (const { entries, lines } of readRows(stream(), bounds)) {
      await write(store, entries, signal);
      metrics.stored.inc(entries.length);
      stored += entries.length;
      done = lines;
    }
  } catch (error) {
    const detail = `${reason(error)}; lines up to ${done} are stored: go on with skip=${done}`;
    if (error instanceof LineError) return json(400, { message: 'failed to parse row', detail, lines: done });
    if (error instanceof StoreNotReady) return json(503, { message: 'data store is not ready', detail, lines: done });
    if (signal.aborted || (error instanceof Error && 'status' in error)) throw error;
    log.error('rows could not be stored', { error });
    return json(500, { message: 'failed to store entries', detail, lines: done });
  }
  return json(200, { entries: stored, lines: done });
};

/** Waits while the store is busy: the sender is held back, and goes on by itself. */
async function write(store: Store, entries: readonly Entry[], signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await store.write(entries);
      return;
    } catch (error) {
      if (!(error instanceof StoreBusy)) throw error;
      await sleep(50, undefined, { signal });
    }
  }
}

/** Rows as an export gives them; the same ones again change nothing. */
export default { path: '/api/import', access: 'write', methods: { POST: answering(handle) } } satisfies Route;
