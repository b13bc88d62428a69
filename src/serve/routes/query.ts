import { begun } from '../query/answer.ts';
import { goJson } from '../json.ts';
import { readQuery } from '../query/query.ts';
import { json, reason, refusal } from '../reply.ts';
import type { Handler, Route } from '../route.ts';
import { StoreNotReady, type Found } from '../store.ts';
import { formatTime } from '../time.ts';

const handle: Handler = async ({ query, signal }, { store, values, log, now }) => {
  const read = readQuery(query, now(), values['query-range']);
  if ('message' in read) return refusal(400, read);
  try {
    const body = await begun(rows(store.search(read, signal)));
    return { status: 200, type: 'application/json', body };
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof StoreNotReady) return json(503, { message: 'data store is not ready', detail: reason(error) });
    log.error('a query failed', { error });
    return json(500, { message: 'query execution error', detail: reason(error) });
  }
};

async function* rows(found: AsyncIterable<Found>): AsyncGenerator<string> {
  let before = '{\n  "log_rows": [\n';
  let any = false;
  for await (const { time, log } of found) {
    yield `${before}    {\n      "time": ${goJson(formatTime(time))},\n      "log": ${goJson(log)}\n    }`;
    before = ',\n';
    any = true;
  }
  yield any ? '\n  ]\n}' : '{\n  "log_rows": []\n}';
}

/** The rows of one container in a time, as an earlier server answered. */
export default { path: '/query', access: 'read', methods: { GET: handle } } satisfies Route;
