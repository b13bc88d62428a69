import { range, type Instants } from './range.ts';
import type { Context } from './select.ts';
import type { Metric } from './syntax.ts';
import { aggregate, binary, type Value } from './vector.ts';

/** The value of a query for numbers at each instant. */
export async function evaluate(metric: Metric, instants: Instants, context: Context): Promise<Value> {
  switch (metric.kind) {
    case 'number':
      return { kind: 'scalar', value: metric.value };
    case 'vector': {
      const values = new Float64Array(instants.count).fill(metric.value);
      return { kind: 'vector', samples: [{ labels: {}, values }] };
    }
    case 'range':
      return { kind: 'vector', samples: await range(metric, undefined, instants, context) };
    case 'binary': {
      const left = await evaluate(metric.left, instants, context);
      const right = await evaluate(metric.right, instants, context);
      return binary(metric.op, metric.bool, left, right);
    }
    default: {
      const { op, parameter, grouping, of } = metric;
      if (op === 'sum' && of.kind === 'range')
        return { kind: 'vector', samples: await range(of, { grouping }, instants, context) };
      const value = await evaluate(of, instants, context);
      if (value.kind === 'scalar') return value;
      return { kind: 'vector', samples: aggregate(op, parameter, grouping, value.samples) };
    }
  }
}
