import { labelsOf, sorted, type Line } from '../logql/line.ts';
import type { Labels } from '../logql/names.ts';
import { lines, select, type Context, type Times } from '../logql/select.ts';
import { LogqlError, type LogQuery } from '../logql/syntax.ts';
import { keyOf } from '../logql/vector.ts';
import { statsOf } from './loki.ts';

export interface Asking {
  times: Times;
  direction: 'forward' | 'backward';
  limit: number;
  /** Nanoseconds between two lines, at least. */
  interval: bigint;
  /** Metadata and what stages have found stand at each line, and not among the labels of the streams. */
  categorized: boolean;
}

/** Letters of one answer: it has to be sorted by streams before it is sent. */
const mostLetters = 64 * 1024 * 1024;

/** The answer to a query for lines: by streams, in the order in which they come up. */
export async function* streams(query: LogQuery, asking: Asking, context: Context): AsyncGenerator<string> {
  const started = performance.now();
  const selected = await select(query, asking.times, [], context);
  const found = new Map<string, { labels: Readonly<Labels>; values: string[] }>();
  let count = 0;
  let letters = 0;
  let last = 0n;
  for await (const { found: entry, line } of lines(selected, asking.direction, context)) {
    if (count > 0 && distance(last, entry.time) < asking.interval) continue;
    last = entry.time;
    const labels = asking.categorized ? line.stream : labelsOf(line, true);
    const key = keyOf(labels);
    const stream = found.get(key) ?? { labels, values: [] };
    found.set(key, stream);
    const more = asking.categorized ? `,${JSON.stringify(categoriesOf(line))}` : '';
    stream.values.push(`["${entry.time}",${JSON.stringify(line.log)}${more}]`);
    letters += line.log.length + key.length + more.length;
    count += 1;
    if (letters > mostLetters) throw new LogqlError(`limit: ${count} lines are too large for one answer`);
    if (count === asking.limit) break;
  }
  const flags = asking.categorized ? '"encodingFlags":["categorize-labels"],' : '';
  yield `{"status":"success","data":{"resultType":"streams",${flags}"result":[`;
  let comma = '';
  for (const { labels, values } of found.values()) {
    yield `${comma}\n{"stream":${JSON.stringify(labels)},"values":[${values.join(',\n')}]}`;
    comma = ',';
  }
  yield `],"stats":${JSON.stringify(statsOf(context.seen, performance.now() - started, count))}}}\n`;
}

const categoriesOf = ({ metadata, parsed }: Line) => ({
  ...(Object.keys(metadata).length > 0 && { structuredMetadata: sorted(metadata) }),
  ...(Object.keys(parsed).length > 0 && { parsed: sorted(parsed) }),
});

const distance = (a: bigint, b: bigint) => (a < b ? b - a : a - b);
