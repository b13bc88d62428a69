import type { Entry } from '../../store.ts';
import { keyOf } from '../../identity.ts';
import { memoryOf, packTexts, type Texts } from './texts.ts';

/**
 * Entries of one write in columns; a row names its source by its number in `keys`. All but a little goes from thread to
 * thread without a copy.
 */
export interface Batch {
  keys: string[];
  of: Uint32Array<ArrayBuffer>;
  times: BigInt64Array<ArrayBuffer>;
  texts: Texts;
  /** JSON by the number of the row, of those that have any. */
  metadata: Map<number, string>;
}

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;
/** So many keys are remembered. */
const remembered = 10_000;

/** Returns a function that makes batches; the keys of sources are remembered from one to the next. */
export function createPack() {
  const known = new Map<string, string>();

  /** The key of the source of an entry, without putting labels into order again that came in this order before. */
  function find(entry: Entry): string {
    const { namespace, pod, container, stream, podId, dockerId, host, labels } = entry;
    let text = `${namespace}\0${pod}\0${container}\0${stream}\0${podId}\0${dockerId}\0${host}`;
    for (const name of Object.keys(labels)) text += `\0${name}\0${labels[name]}`;
    const found = known.get(text);
    if (found !== undefined) return found;
    const key = keyOf(entry);
    // With a NUL in a name, two sources could have one text.
    if (text.split('\0').length !== 7 + 2 * Object.keys(labels).length) return key;
    if (known.size >= remembered) known.clear();
    known.set(text, key);
    return key;
  }

  return function pack(entries: readonly Entry[]): Batch {
    const { length } = entries;
    const keys: string[] = [];
    const of = new Uint32Array(length);
    const times = new BigInt64Array(length);
    const metadata = new Map<number, string>();
    const numbers = new Map<string, number>();
    // Entries that share their labels mostly share the rest too.
    const last = new Map<Entry['labels'], { entry: Entry; number: number }>();
    for (const [index, entry] of entries.entries()) {
      if (entry.time < least || entry.time > most) throw new RangeError(`the time ${entry.time} is out of range`);
      let same = last.get(entry.labels);
      if (!same || !isSameSource(same.entry, entry)) {
        const key = find(entry);
        same = { entry, number: numbers.get(key) ?? keys.push(key) - 1 };
        numbers.set(key, same.number);
        last.set(entry.labels, same);
      }
      of[index] = same.number;
      times[index] = entry.time;
      for (const _ in entry.metadata) {
        metadata.set(index, JSON.stringify(entry.metadata));
        break;
      }
    }
    return { keys, of, times, texts: packTexts(entries.map(({ log }) => log)), metadata };
  };
}

/** What of a batch is handed over to another thread. */
export const handedOver = ({ of, times, texts }: Batch): ArrayBuffer[] => [of.buffer, times.buffer, ...memoryOf(texts)];

/** Whether entries with the same labels are of one source. */
const isSameSource = (a: Entry, b: Entry) =>
  a.pod === b.pod &&
  a.container === b.container &&
  a.stream === b.stream &&
  a.namespace === b.namespace &&
  a.host === b.host &&
  a.podId === b.podId &&
  a.dockerId === b.dockerId;
