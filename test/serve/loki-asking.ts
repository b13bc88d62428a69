import assert from 'node:assert/strict';
import { base } from './stored.ts';

export const second = 1_000_000_000n;
export const range = { start: String(base), end: String(base + 600n * second) };
export type Parameters = Readonly<Record<string, string | readonly string[]>>;

export async function ask(url: string, path: string, parameters: Parameters = {}, posted = false) {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) for (const one of [value].flat()) form.append(name, one);
  const place = `${url}/loki/api/v1/${path}`;
  const answer = await (posted ? fetch(place, { method: 'POST', body: form }) : fetch(`${place}?${form.toString()}`));
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

export interface Data {
  resultType: string;
  result: {
    stream?: Record<string, string>;
    metric?: Record<string, string>;
    value?: [number, string];
    values?: [string | number, string][];
  }[];
  stats: { summary: { totalLinesProcessed: number; totalEntriesReturned: number } };
}

export async function data(url: string, query: string, more: Parameters = {}, path = 'query_range'): Promise<Data> {
  const { status, text } = await ask(url, path, { query, ...range, ...more });
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { data: Data }).data;
}
export const logs = async (url: string, query: string, more: Parameters = {}) =>
  (await data(url, query, { direction: 'forward', ...more })).result
    .flatMap(({ values = [] }) => values)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, log]) => log);
export const value = async (url: string, query: string, time = range.end) =>
  (await data(url, query, { time }, 'query')).result.map(({ metric, value: one }) => [metric, one?.[1]]);
