import { labelsOf } from './logql/line.ts';
import type { Labels } from './logql/names.ts';
import { lines, select, type Context, type Times } from './logql/select.ts';
import { LogqlError, type LogQuery } from './logql/syntax.ts';
import { keyOf } from './logql/vector.ts';
import { statsOf } from './loki.ts';

export interface Asking {
  times: Times;
  direction: 'forward' | 'backward';
  limit: number;
  /** Nanoseconds between two lines, at least. */
  interval: bigint;
}

/** Letters of one answer: it has to be sorted by streams before it is sent. */
const mostLetters = 64 * 1024 * 1024;

/** The answer to a query for lines: by streams, in the order in which they come up. */
export async function* streams(query: LogQuery, asking: Asking, context: Context): AsyncGenerator<string> {
  const started = performance.now();
  const selected = await select(query, asking.times, [], context);
  const found = new Map<string, { labels: Labels; values: string[] }>();
  let count = 0;
  let letters = 0;
  let last = 0n;
  for await (const { found: entry, line } of lines(selected, asking.direction, context)) {
    if (count > 0 && distance(last, entry.time) < asking.interval) continue;
    last = entry.time;
    const labels = labelsOf(line, true);
    const key = keyOf(labels);
    const stream = found.get(key) ?? { labels, values: [] };
    found.set(key, stream);
    stream.values.push(`["${entry.time}",${JSON.stringify(line.log)}]`);
    letters += line.log.length + key.length;
    count += 1;
    if (letters > mostLetters) throw new LogqlError(`limit: ${count} lines are too large for one answer`);
    if (count === asking.limit) break;
  }
  yield '{"status":"success","data":{"resultType":"streams","result":[';
  let comma = '';
  for (const { labels, values } of found.values()) {
    yield `${comma}\n{"stream":${JSON.stringify(labels)},"values":[${values.join(',\n')}]}`;
    comma = ',';
  }
  yield `],"stats":${JSON.stringify(statsOf(context.seen, performance.now() - started, count))}}}\n`;
}

const distance = (a: bigint, b: bigint) => (a < b ? b - a : a - b);
