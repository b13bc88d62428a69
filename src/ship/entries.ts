import type { LogRecord, Source } from './record.ts';

/** Encoded records in one piece of memory, each with the group that it belongs to. */
export interface Entries {
  readonly count: number;
  readonly size: number;
  /** At least so many free bytes behind `size`; the memory may be another one than before. */
  reserve(bytes: number): Buffer;
  /** Ends the entry that was written from `size` up to `end`. */
  push(end: number, group: number): void;
  /** The number of a file and stream, the same for as long as the entries live. */
  group(source: Source, stream: 0 | 1): number;
  groups(): readonly { source: Source; stream: 0 | 1 }[];
  /** The entries `from` up to `to` by group, in order within each; each as runs of bytes. */
  byGroup(from: number, to: number): Map<number, { size: number; runs: [start: number, end: number][] }>;
  /** Bytes of the entries `from` up to `to`. */
  sizeOf(from: number, to: number): number;
  readonly bytes: Buffer;
  clear(): void;
}

export function createEntries(initial = 64 * 1024): Entries {
  let bytes = Buffer.allocUnsafe(initial);
  let size = 0;
  let count = 0;
  let ends = new Uint32Array(1024);
  let owners = new Uint32Array(1024);
  let groups: { source: Source; stream: 0 | 1 }[] = [];
  let numbers = new Map<Source, [number, number]>();
  let lastSource: Source | undefined;
  let last: [number, number] = [-1, -1];
  const startOf = (index: number) => (index === 0 ? 0 : (ends[index - 1] as number));

  return {
    get count() {
      return count;
    },
    get size() {
      return size;
    },
    get bytes() {
      return bytes;
    },
    reserve(wanted) {
      if (bytes.length - size < wanted) {
        const more = Buffer.allocUnsafe(Math.max(bytes.length * 2, size + wanted));
        bytes.copy(more, 0, 0, size);
        bytes = more;
      }
      return bytes;
    },
    push(end, group) {
      if (count === ends.length) {
        const [moreEnds, moreOwners] = [new Uint32Array(count * 2), new Uint32Array(count * 2)];
        moreEnds.set(ends);
        moreOwners.set(owners);
        [ends, owners] = [moreEnds, moreOwners];
      }
      ends[count] = end;
      owners[count] = group;
      count++;
      size = end;
    },
    group(source, stream) {
      if (source !== lastSource) {
        lastSource = source;
        const known = numbers.get(source);
        last = known ?? [-1, -1];
        if (!known) numbers.set(source, last);
      }
      const number = last[stream];
      if (number >= 0) return number;
      last[stream] = groups.length;
      groups.push({ source, stream });
      return last[stream];
    },
    groups: () => groups,
    byGroup(from, to) {
      const found: ReturnType<Entries['byGroup']> = new Map();
      let start = startOf(from);
      for (let index = from; index < to;) {
        const owner = owners[index] as number;
        while (index < to && owners[index] === owner) index++;
        const end = ends[index - 1] as number;
        const group = found.get(owner) ?? { size: 0, runs: [] };
        group.size += end - start;
        group.runs.push([start, end]);
        found.set(owner, group);
        start = end;
      }
      return found;
    },
    sizeOf: (from, to) => startOf(to) - startOf(from),
    clear() {
      size = 0;
      count = 0;
      // Files come and go; a map of all that there ever were would grow for ever.
      if (groups.length > 0) {
        groups = [];
        numbers = new Map();
        lastSource = undefined;
      }
    },
  };
}

/** Writes nanoseconds since 1970 in digits. */
export function writeTime(to: Buffer, start: number, { seconds, nanos }: Pick<LogRecord, 'seconds' | 'nanos'>): number {
  let digits = 1;
  for (let power = 10; power <= seconds; power *= 10) digits++;
  writeDigits(to, start, digits, seconds);
  writeDigits(to, start + digits, 9, nanos);
  return start + digits + 9;
}

function writeDigits(to: Buffer, start: number, digits: number, value: number): void {
  let rest = value;
  for (let at = start + digits - 1; at >= start; at--) {
    const next = Math.floor(rest / 10);
    to[at] = 48 + rest - next * 10;
    rest = next;
  }
}

const hex = Buffer.from('0123456789abcdef');
/** By byte: 0 for what stands in a JSON string as it is, 117 for what needs \uXXXX, else the letter behind `\`. */
const escapes = new Uint8Array(256);
escapes.fill(117, 0, 32);
for (const [byte, letter] of [
  [34, 34],
  [92, 92],
  [8, 98],
  [12, 102],
  [10, 110],
  [13, 114],
  [9, 116],
] as const)
  escapes[byte] = letter;

/** Writes UTF-8 as it stands within the quotes of a JSON string; it takes six times its bytes at most. */
export function writeJsonText(to: Buffer, start: number, bytes: Buffer, from: number, end: number): number {
  let at = start;
  for (let i = from; i < end; i++) {
    const byte = bytes[i] as number;
    const letter = escapes[byte] as number;
    if (letter === 0) {
      to[at++] = byte;
      continue;
    }
    to[at++] = 92;
    to[at++] = letter;
    if (letter !== 117) continue;
    to[at++] = 48;
    to[at++] = 48;
    to[at++] = hex[byte >> 4] as number;
    to[at++] = hex[byte & 15] as number;
  }
  return at;
}
