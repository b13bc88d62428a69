import { checkLabels } from './labels.ts';
import { checkMetadata, checkTime, PushTooLarge, type Stream } from './stream.ts';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads, of so many entries at the most, `{"streams":[{"stream":{…},"values":[["<nanoseconds>","line",{…}],…]},…]}`. Throws where it is something else. */
export function readJson(body: Buffer, limit: number): Stream[] {
  const read: unknown = JSON.parse(body.toString('utf8'));
  const streams = isObject(read) ? read['streams'] : undefined;
  if (!isObject(read) || (streams !== undefined && streams !== null && !Array.isArray(streams)))
    throw new Error('parse error: streams is no array');
  let left = limit;
  return ((streams as unknown[] | undefined) ?? []).map((one) => {
    const { stream, values } = isObject(one) ? one : {};
    if (!isObject(stream)) throw new Error('parse error: stream is no object');
    if (!Array.isArray(values)) throw new Error('parse error: values is no array');
    left -= values.length;
    if (left < 0) throw new PushTooLarge();
    return { labels: checkLabels(Object.entries(stream)), entries: (values as unknown[]).map(readValue) };
  });
}

function readValue(value: unknown): Stream['entries'][number] {
  const [time, line, metadata = {}] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof time !== 'string' || !/^-?\d{1,19}$/.test(time))
    throw new Error('parse error: the time of a line is no text of nanoseconds');
  if (typeof line !== 'string') throw new Error('parse error: a line is no text');
  if (!isObject(metadata)) throw new Error('parse error: structured metadata is no object');
  return { time: checkTime(BigInt(time)), line, metadata: checkMetadata(Object.entries(metadata)) };
}
