import type { Entry, Found } from '../store.ts';
import { formatTime, parseTime } from '../time.ts';

/** The fields of an entry by their names outside; `time`, `log`, `labels` and `metadata` are the same on both sides. */
export const fields = {
  namespace: 'namespace',
  pod: 'pod',
  container: 'container',
  stream: 'stream',
  host: 'host',
  pod_id: 'podId',
  docker_id: 'dockerId',
} as const satisfies Readonly<Record<string, keyof Entry>>;

const names = Object.entries(fields);

/** An entry as the API tells it: JSON without what is empty. */
export function rowOf(entry: Entry | Found): Record<string, unknown> {
  const row: Record<string, unknown> = { time: formatTime(entry.time), log: entry.log };
  for (const [name, field] of names) if (entry[field] !== '') row[name] = entry[field];
  for (const name of ['labels', 'metadata'] as const) if (Object.keys(entry[name]).length > 0) row[name] = entry[name];
  if ('cursor' in entry) row['cursor'] = entry.cursor;
  return row;
}

/**
 * The same as text. What entries of one series have in common is written once for each labels object, which stores give to
 * many entries: so the function belongs to one answer.
 */
export function createRowText(): (entry: Found) => string {
  const known = new WeakMap<object, { of: Entry; text: string }>();
  let second: bigint | undefined;
  let whole = '';
  return (entry) => {
    const { time, log, labels, metadata, cursor } = entry;
    const at = time / 1_000_000_000n;
    if (at !== second || time < 0n) {
      second = at;
      whole = formatTime(time).slice(0, 19);
    }
    const rest = time % 1_000_000_000n;
    const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
    const said = time < 0n ? formatTime(time) : `${whole}${fraction}Z`;
    let common = known.get(labels);
    if (!common || !isSameSeries(common.of, entry)) {
      const { time: _time, log: _log, cursor: _cursor, ...others } = rowOf({ ...entry, metadata: {} });
      const text = JSON.stringify(others).slice(1, -1);
      common = { of: entry, text: text === '' ? '' : `,${text}` };
      known.set(labels, common);
    }
    const more = Object.keys(metadata).length > 0 ? `,"metadata":${JSON.stringify(metadata)}` : '';
    return `{"time":"${said}","log":${JSON.stringify(log)}${common.text}${more},"cursor":${JSON.stringify(cursor)}}`;
  };
}

/** True if nothing but labels can tell their series apart. */
export const isSameSeries = (a: Entry, b: Entry) => names.every(([, field]) => a[field] === b[field]);

/** The entry of a row; a text says what is wrong with it. */
export function entryOf(row: unknown): Entry | string {
  if (!isObject(row)) return 'is not an object';
  const { time: said, log } = row;
  const time = typeof said === 'string' ? parseTime(said) : undefined;
  if (time === undefined) return 'time is not an RFC 3339 time';
  if (typeof log !== 'string') return 'log is not a text';
  const entry = { namespace: '', pod: '', container: '', stream: '', host: '', podId: '', dockerId: '' };
  for (const [name, field] of names) {
    const value = row[name] ?? '';
    if (typeof value !== 'string') return `${name} is not a text`;
    entry[field] = value;
  }
  const { labels = {}, metadata = {} } = row;
  if (!isWords(labels)) return 'labels are not an object of texts';
  if (!isWords(metadata)) return 'metadata are not an object of texts';
  return { ...entry, time, log, labels, metadata };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWords = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((one) => typeof one === 'string');

/** The value that a condition on this name looks at; empty where the entry lacks it. */
export function valueOf(entry: Entry, name: string): string {
  if (Object.hasOwn(fields, name)) return entry[fields[name as keyof typeof fields]];
  return Object.hasOwn(entry.labels, name) ? (entry.labels[name] ?? '') : '';
}
