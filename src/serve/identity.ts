import { fields } from './query/row.ts';
import type { Entry, Series } from './store.ts';

/** What entries of one series have in common. */
export type Source = Omit<Entry, 'time' | 'log' | 'metadata'>;

/** The source as text: the same for the same source, whatever the order of its labels. */
export function keyOf({ namespace, pod, container, stream, podId, dockerId, host, labels }: Source): string {
  const pairs: string[] = [];
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name] ?? '';
    if (value !== '') pairs.push(name, value);
  }
  return JSON.stringify([namespace, pod, container, stream, podId, dockerId, host, ...pairs]).toWellFormed();
}

export function sourceOf(key: string): Source {
  const [namespace = '', pod = '', container = '', stream = '', podId = '', dockerId = '', host = '', ...pairs] =
    JSON.parse(key) as string[];
  const labels: [string, string][] = [];
  for (let i = 0; i < pairs.length; i += 2) labels.push([pairs[i] ?? '', pairs[i + 1] ?? '']);
  return { namespace, pod, container, stream, podId, dockerId, host, labels: Object.fromEntries(labels) };
}

export function seriesOf(source: Source): Series {
  const pairs: [string, string][] = Object.entries(source.labels).filter(([name]) => !Object.hasOwn(fields, name));
  for (const [name, field] of Object.entries(fields)) pairs.push([name, source[field]]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
}
