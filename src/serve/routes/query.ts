import { goJson } from '../json.ts';
import { readQuery } from '../query.ts';
import { json, reason, refusal } from '../reply.ts';
import type { Handler, Route } from '../route.ts';
import { StoreNotReady } from '../store.ts';
import { formatTime } from '../time.ts';

const query: Handler = async (asked, { store, log, now }) => {
  const read = readQuery(asked.query, now());
  if ('message' in read) return refusal(400, read);
  const rows: string[] = [];
  try {
    for await (const { time, log } of store.search(read, asked.signal))
      rows.push(`    {\n      "time": ${goJson(formatTime(time))},\n      "log": ${goJson(log)}\n    }`);
  } catch (error) {
    if (error instanceof StoreNotReady) return json(503, { message: 'data store is not ready', detail: reason(error) });
    log.error('a query failed', { error });
    return json(500, { message: 'query execution error', detail: reason(error) });
  }
  const list = rows.length === 0 ? '[]' : `[\n${rows.join(',\n')}\n  ]`;
  return { status: 200, type: 'application/json', body: `{\n  "log_rows": ${list}\n}` };
};

/** The rows of one container in a time, as an earlier server answered. */
export default { path: '/query', access: 'read', methods: { GET: query } } satisfies Route;
