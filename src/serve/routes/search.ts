import { answering, begun, ndjson, wantsLines } from '../query/answer.ts';
import { find } from '../query/find.ts';
import { between, oneOf, parametersOf } from '../query/parameters.ts';
import type { Handler, Route } from '../route.ts';
import { createRowText } from '../query/row.ts';
import { asking, readRange, readSeries, readText } from '../query/selection.ts';
import type { Found } from '../store.ts';
import { formatTime } from '../time.ts';

const search: Handler = async ({ query, headers, signal }, { store, values, now }) => {
  const parameters = parametersOf(query);
  const most = values['query-limit'];
  const conditions = [...readSeries(parameters), ...readText(parameters)];
  const range = readRange(parameters, now(), BigInt(values['query-range']) * 1_000_000_000n);
  const direction = parameters.one('direction', oneOf('backward', 'forward'), 'backward or forward') ?? 'backward';
  const limit = parameters.one('limit', between(1, most), `1 to ${most}`) ?? Math.min(100, most);
  const after = parameters.one('after', (text) => (text === '' ? undefined : text), 'the next of an answer');
  parameters.done();
  const order = { direction, ...(after !== undefined && { after }) };
  const found = find(store, asking(conditions, range), order, signal);
  const bounds = { from: formatTime(range.from), to: formatTime(range.to) };
  const lines = wantsLines(headers['accept']);
  const body = await begun(lines ? linesOf(found, limit) : pageOf(found, limit, bounds));
  return { status: 200, type: lines ? ndjson : 'application/json', headers: { vary: 'accept, accept-encoding' }, body };
};

async function* linesOf(found: AsyncIterable<Found>, limit: number): AsyncGenerator<string> {
  const rowText = createRowText();
  let count = 0;
  for await (const one of found) {
    yield `${rowText(one)}\n`;
    count += 1;
    if (count === limit) return;
  }
}

async function* pageOf(found: AsyncIterable<Found>, limit: number, bounds: object): AsyncGenerator<string> {
  const rowText = createRowText();
  let count = 0;
  let last: string | null = null;
  let next: string | null = null;
  for await (const one of found) {
    if (count === limit) {
      next = last;
      break;
    }
    yield `${count === 0 ? '{"entries":[' : ','}\n${rowText(one)}`;
    last = one.cursor;
    count += 1;
  }
  yield `${count === 0 ? '{"entries":[' : '\n'}],"next":${JSON.stringify(next)},${JSON.stringify(bounds).slice(1)}\n`;
}

/** What matches, a page at a time. */
export default { path: '/api/search', access: 'read', methods: { GET: answering(search) } } satisfies Route;
