import { pipeline } from 'node:stream/promises';
import { PassThrough, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { answering, begun, ndjson } from '../query/answer.ts';
import { find } from '../query/find.ts';
import { oneOf, parametersOf } from '../query/parameters.ts';
import type { Handler, Route } from '../route.ts';
import { createRowText } from '../query/row.ts';
import { asking, readSeries, readText, readTime, timeHelp } from '../query/selection.ts';
import type { Found } from '../store.ts';

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

const handle: Handler = async ({ query, signal }, { store, log, now }) => {
  const parameters = parametersOf(query);
  const conditions = [...readSeries(parameters), ...readText(parameters)];
  const from = parameters.one('from', readTime(now()), timeHelp) ?? least;
  const to = parameters.one('to', readTime(now()), timeHelp) ?? most;
  const after = parameters.one('after', (text) => (text === '' ? undefined : text), 'the cursor of a row');
  const format = parameters.one('format', oneOf('ndjson', 'gzip'), 'ndjson or gzip') ?? 'ndjson';
  parameters.done();
  const order = { direction: 'forward', ...(after !== undefined && { after }) } as const;
  const rows = await begun(linesOf(find(store, asking(conditions, { from, to }), order, signal)));
  if (format === 'ndjson') return { status: 200, type: ndjson, body: rows };
  const headers = { 'content-disposition': 'attachment; filename="logs.ndjson.gz"' };
  const zipped = new PassThrough();
  pipeline(Readable.from(rows), createGzip(), zipped, { signal }).catch((error: unknown) =>
    log.debug('an export was cut off', { error }),
  );
  return { status: 200, type: 'application/gzip', headers, body: zipped as AsyncIterable<Buffer> };
};

async function* linesOf(found: AsyncIterable<Found>): AsyncGenerator<string> {
  const rowText = createRowText();
  for await (const one of found) yield `${rowText(one)}\n`;
}

/** All that matches, oldest first, one a line. */
export default { path: '/api/export', access: 'read', methods: { GET: answering(handle) } } satisfies Route;
