import type { Fault } from './reply.ts';
import type { Entry } from './store.ts';
import { parseTime } from './time.ts';

export interface Batch {
  entries: Entry[];
  /** What is wrong with those that were skipped. */
  skipped: Fault[];
}

type Json = Readonly<Record<string, unknown>>;

const unparsable = (detail: string): Fault => ({ message: 'failed to parse request', detail });
const invalid = (detail: string): Fault => ({ message: 'invalid log entry', detail });
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads what Fluent Bit's HTTP output sends: an array, or objects one behind the other, one a line. With `skip` an entry
 * that can't be stored is left out; without it the first one is the answer, and nothing is stored.
 */
export function readBatch(text: string, skip: boolean): Batch | Fault {
  const values = readValues(text);
  if (!Array.isArray(values)) return values;
  const batch: Batch = { entries: [], skipped: [] };
  // The original parses the whole body before it looks at an entry.
  const read = values.map((value) => readEntry(value, skip));
  for (const one of [...read.filter(isParseFault), ...read.filter((one) => !isParseFault(one))]) {
    if ('time' in one) batch.entries.push(one);
    else if (skip) batch.skipped.push(one);
    else return one;
  }
  return batch;
}

const isParseFault = (one: Entry | Fault): one is Fault => 'message' in one && one.message === unparsable('').message;

function readValues(text: string): unknown[] | Fault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return readLines(text) ?? unparsable((error as Error).message);
  }
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  return isRecord(value) ? [value] : unparsable('neither an array nor a record');
}

/** One record a line; undefined if it is something else. */
function readLines(text: string): unknown[] | undefined {
  try {
    const values = text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line): unknown => JSON.parse(line));
    return values.length > 0 && values.every(isRecord) ? values : undefined;
  } catch {
    return undefined;
  }
}

/** An object that isn't in an array must look like a record of a log. */
const isRecord = (value: unknown) =>
  isObject(value) && ['kubernetes', 'log', 'time', 'date'].some((key) => Object.hasOwn(value, key));

function readEntry(value: unknown, lenient: boolean): Entry | Fault {
  if (!isObject(value)) return unparsable('an entry is not an object');
  const { kubernetes = {}, date } = value;
  if (!isObject(kubernetes)) return unparsable('kubernetes is not an object');
  const { labels = {} } = kubernetes;
  const wrong: string[] = [];
  const text = (from: Json, key: string) => {
    const found = from[key] ?? '';
    if (typeof found === 'string') return found;
    wrong.push(`${key} is not a string`);
    return JSON.stringify(found);
  };
  const log = text(value, 'log');
  const stream = text(value, 'stream');
  const said = text(value, 'time');
  if (date !== undefined && date !== null && typeof date !== 'number') wrong.push('date is not a number');
  const names = { namespace: 'namespace_name', pod: 'pod_name', container: 'container_name' } as const;
  const namespace = text(kubernetes, names.namespace);
  const pod = text(kubernetes, names.pod);
  const container = text(kubernetes, names.container);
  const podId = text(kubernetes, 'pod_id');
  const dockerId = text(kubernetes, 'docker_id');
  const host = text(kubernetes, 'host');
  if (labels !== null && !isObject(labels)) wrong.push('labels is not an object');
  const ownLabels: [string, string][] = isObject(labels)
    ? Object.keys(labels).map((key) => [key, text(labels, key)])
    : [];
  const parsed = said === '' ? undefined : parseTime(said);
  if (said !== '' && parsed === undefined) wrong.push(`time is ${JSON.stringify(said)}, which is not RFC 3339`);
  if (wrong[0] !== undefined && !lenient) return unparsable(wrong[0]);
  if (namespace === '') return invalid('log entry missing namespace field');
  if (pod === '') return invalid('log entry missing pod_name field');
  if (container === '') return invalid('log entry missing container_name field');
  // The application's own JSON may overwrite `time` (Merge_Log of Fluent Bit); `date` stays what the shipper read.
  const time = parsed ?? (lenient ? fromDate(date) : undefined);
  if (time === undefined) return invalid('log entry missing time field');
  return {
    namespace,
    pod,
    container,
    time,
    log,
    stream,
    podId,
    dockerId,
    host,
    labels: Object.fromEntries(ownLabels),
    metadata: {},
  };
}

/** Seconds with six decimals, which a double holds exactly enough, or a time as text. */
function fromDate(date: unknown): bigint | undefined {
  if (typeof date === 'string') return parseTime(date);
  if (typeof date !== 'number' || !Number.isFinite(date) || Math.abs(date) > 9e9) return undefined;
  return BigInt(Math.round(date * 1e6)) * 1000n;
}
