import { evaluate } from '../logql/evaluate.ts';
import type { Instants } from '../logql/range.ts';
import type { Context } from '../logql/select.ts';
import type { Metric } from '../logql/syntax.ts';
import type { Value } from '../logql/vector.ts';
import { numberText, secondsOf, statsOf } from './loki.ts';

/** The answer to a query for numbers: a matrix over instants, or a vector (or one number) at a single one. */
export async function* numbers(
  metric: Metric,
  instants: Instants,
  single: boolean,
  context: Context,
): AsyncGenerator<string> {
  const started = performance.now();
  const value = await evaluate(metric, instants, context);
  const stats = JSON.stringify(statsOf(context.seen, performance.now() - started, 0));
  const time = (index: number) => secondsOf(instants.start + BigInt(index) * instants.step);
  const point = (index: number, one: number) => `[${time(index)},"${numberText(one)}"]`;
  if (single && value.kind === 'scalar') {
    yield `{"status":"success","data":{"resultType":"scalar","result":${point(0, value.value)},"stats":${stats}}}\n`;
    return;
  }
  yield `{"status":"success","data":{"resultType":"${single ? 'vector' : 'matrix'}","result":[`;
  let comma = '';
  for (const { labels, values } of samplesOf(value, instants.count)) {
    const points: string[] = [];
    for (const [index, one] of values.entries()) if (!Number.isNaN(one)) points.push(point(index, one));
    if (points.length === 0) continue;
    const said = single ? `"value":${points[0]}` : `"values":[${points.join(',')}]`;
    yield `${comma}\n{"metric":${JSON.stringify(labels)},${said}}`;
    comma = ',';
  }
  yield `],"stats":${stats}}}\n`;
}

const samplesOf = (value: Value, count: number) =>
  value.kind === 'vector' ? value.samples : [{ labels: {}, values: new Float64Array(count).fill(value.value) }];
