import type { Source } from './record.ts';

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
