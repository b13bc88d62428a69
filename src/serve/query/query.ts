import type { Fault } from '../reply.ts';
import type { Search } from '../store.ts';
import { parseBound } from '../time.ts';

/**
 * Reads the five parameters of `/query`. `now` in nanoseconds stands for an `end_time` that isn't given; `range` is the
 * most seconds between both ends, 0 for any.
 */
export function readQuery(parameters: URLSearchParams, now: bigint, range: number): Search | Fault {
  const fault = (detail: string): Fault => ({ message: 'invalid query', detail });
  const found: string[] = [];
  for (const name of ['namespace', 'pod_name', 'container_name', 'start_time', 'end_time']) {
    const values = parameters.getAll(name);
    if (values.length > 1)
      return fault(`query parameter ${name} has wrong number of values: was: ${values.length}, expected: 1`);
    const [value = ''] = values;
    if (value === '' && name !== 'end_time') return fault(`missing query parameter: ${name}`);
    found.push(value);
  }
  const [namespace = '', pod = '', container = '', start = '', end = ''] = found;
  const from = parseBound(start);
  if (from === undefined) return fault(`failed to parse start_time: ${JSON.stringify(start)} is not RFC 3339`);
  const to = parameters.has('end_time') ? parseBound(end) : now;
  if (to === undefined) return fault(`failed to parse end_time: ${JSON.stringify(end)} is not RFC 3339`);
  if (from >= to) return fault('query time-interval: start_time must be earlier than end_time');
  if (range > 0 && Number(to - from) > range * 1e9)
    return fault(`query time-interval: it may span ${range} seconds at the most`);
  const series = Object.entries({ namespace, pod, container }).map(
    ([name, value]) => ({ name, op: '=', value }) as const,
  );
  return { from, to, series, text: [], direction: 'forward' };
}
