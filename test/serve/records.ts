import assert from 'node:assert/strict';
import type { Sides } from './sides.ts';

/** A record as Fluent Bit sends it. */
export function record(pod: string, time = '2018-05-03T12:04:57.094408152Z', log = 'hello') {
  const names = { namespace_name: 'default', pod_name: pod, container_name: 'web' };
  const kubernetes = { ...names, pod_id: 'id', host: 'n', docker_id: 'd', labels: { app: 'web' } };
  return { log, stream: 'stdout', time, kubernetes, date: 1_525_349_097.094408 };
}

const whole = '&start_time=2018-01-01T00:00:00Z&end_time=2019-01-01T00:00:00Z';

/** The five parameters of a query. */
export const of = (pod: string, range = whole) => `namespace=default&pod_name=${pod}&container_name=web${range}`;

export async function rows(sides: Sides, pod: string, range = whole) {
  const { status, text } = await sides.ask(`/query?${of(pod, range)}`);
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { log_rows: { time: string; log: string }[] }).log_rows;
}

export const logs = async (sides: Sides, pod: string) => (await rows(sides, pod)).map(({ log }) => log);
