import { attribute, attributeLine } from './attribution.ts';
import type { Fault } from '../reply.ts';
import type { Entry } from '../store.ts';
import { parseTime } from '../time.ts';
import { fromCri, fromDate, fromRest } from './rescue.ts';
import { parseTag } from './tag.ts';
import { isObject, type Json } from './values.ts';

/** How records are read. */
export interface Reading {
  /** Whether what is missing is taken from where else it may be. */
  lenient: boolean;
  /** The tag that the request tells for all its records. */
  tag: string | undefined;
}

/** Why a record is no entry: as the answer tells it, and as a word for metrics. */
export interface Unfit {
  fault: Fault;
  reason: 'form' | 'namespace' | 'pod_name' | 'container_name' | 'time' | 'length';
}

export const unparsable = (detail: string): Unfit => ({
  fault: { message: 'failed to parse request', detail },
  reason: 'form',
});
const missing = (reason: 'namespace' | 'pod_name' | 'container_name' | 'time'): Unfit => ({
  fault: { message: 'invalid log entry', detail: `log entry missing ${reason} field` },
  reason,
});

/** Reads one record of Fluent Bit with what its kubernetes filter adds, or one of our own shipper, whose names are flat. */
export function readEntry(value: unknown, reading: Reading, places: Places): Entry | Unfit {
  const record = value ?? {};
  if (!isObject(record)) return unparsable('an entry is not an object');
  if (
    record['kubernetes'] === undefined &&
    typeof record['namespace'] === 'string' &&
    typeof record['pod'] === 'string'
  )
    return readFlat(record);
  return reading.lenient ? readLeniently(record, reading.tag, places) : readStrictly(record, places);
}

function readStrictly(record: Json, places: Places): Entry | Unfit {
  const wrong: string[] = [];
  const text = (from: Json, key: string): string => {
    const found = from[key] ?? '';
    if (typeof found === 'string') return found;
    wrong.push(`${key} is not a string`);
    return '';
  };
  const kubernetes = record['kubernetes'] ?? {};
  if (!isObject(kubernetes)) return unparsable('kubernetes is not an object');
  const labels = kubernetes['labels'] ?? {};
  if (!isObject(labels)) return unparsable('labels is not an object');
  const { date } = record;
  if (date !== undefined && date !== null && typeof date !== 'number') return unparsable('date is not a number');
  const said = text(record, 'time');
  const time = said === '' ? undefined : parseTime(said);
  if (said !== '' && time === undefined) wrong.push(`time is ${JSON.stringify(said)}, which is not RFC 3339`);
  const [log, stream] = [text(record, 'log'), text(record, 'stream')];
  const told = places.get(kubernetes) ?? place(kubernetes, labels, text);
  if (wrong[0] !== undefined) return unparsable(wrong[0]);
  places.set(kubernetes, told);
  return whole({ ...told, log, stream }, time);
}

/** The application's own JSON may overwrite `time`, `stream` and `log` (Merge_Log of Fluent Bit); `date` stays right. */
function readLeniently(record: Json, tag: string | undefined, places: Places): Entry | Unfit {
  const text = (from: Json, key: string): string => {
    const found = from[key] ?? '';
    return typeof found === 'string' ? found : JSON.stringify(found);
  };
  const kubernetes = isObject(record['kubernetes']) ? record['kubernetes'] : {};
  const labels = isObject(kubernetes['labels']) ? kubernetes['labels'] : {};
  const told = places.get(kubernetes) ?? place(kubernetes, labels, text);
  places.set(kubernetes, told);
  const entry = {
    ...told,
    log: record['log'] === undefined ? fromRest(record) : text(record, 'log'),
    stream: typeof record['stream'] === 'string' ? record['stream'] : '',
    ...(told.pod === '' && tag !== undefined && parseTag(tag)),
  };
  const time = typeof record['time'] === 'string' ? parseTime(record['time']) : undefined;
  const raw = time === undefined ? fromCri(entry.log) : undefined;
  const understood = raw ? { ...entry, ...raw } : { ...entry, time: time ?? fromDate(record['date']) };
  // What has a tag and is no pod's, as the journal of a node, is told by its tag.
  if (understood.time !== undefined && entry.pod === '' && tag !== undefined && record['kubernetes'] === undefined)
    return { ...understood, time: understood.time, labels: { tag }, metadata: {} };
  return whole(understood, understood.time);
}

type Placed = Omit<Entry, 'time' | 'log' | 'stream' | 'metadata'>;

/** What was read of objects under `kubernetes`: records of one body can share one. */
export type Places = Map<Json, Placed>;

function place(kubernetes: Json, labels: Json, text: (from: Json, key: string) => string): Placed {
  return {
    namespace: text(kubernetes, 'namespace_name'),
    pod: text(kubernetes, 'pod_name'),
    container: text(kubernetes, 'container_name'),
    podId: text(kubernetes, 'pod_id'),
    dockerId: text(kubernetes, 'docker_id'),
    host: text(kubernetes, 'host'),
    labels: Object.fromEntries(Object.keys(labels).map((key) => [key, text(labels, key)])),
  };
}

function whole(entry: Omit<Entry, 'time' | 'metadata'>, time: bigint | undefined): Entry | Unfit {
  if (entry.namespace === '') return missing('namespace');
  if (entry.pod === '') return missing('pod_name');
  if (entry.container === '') return missing('container_name');
  return time === undefined ? missing('time') : { ...entry, time, metadata: {} };
}

function readFlat({ date, exact_date: exact, time: said, log = '', path, ...rest }: Json): Entry | Unfit {
  if (typeof log !== 'string') return unparsable('log is not a string');
  const texts: [string, string][] = [];
  for (const [key, value] of Object.entries(rest)) {
    if (typeof value !== 'string') return unparsable(`${key} is not a string`);
    texts.push([key, value]);
  }
  const known = attributeLine(attribute(Object.fromEntries(texts)), typeof path === 'string' ? { path } : {});
  if (known.container === '') return missing('container_name');
  const time = typeof said === 'string' ? parseTime(said) : fromDate(exact ?? date);
  return time === undefined ? missing('time') : { ...known, log, time };
}
