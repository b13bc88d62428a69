import { decodePlaces, type Block, type Places } from './block.ts';
import type { Filter } from './filter.ts';
import type { Asked, Line, Point } from './lines.ts';

/** A block whose lines can be looked at; what is needed of it is read when it is needed. */
export interface Opened {
  begin: Point;
  end: Point;
  count: number;
  /** Of all texts, as UTF-8. */
  bytes: number;
  /** False if no line of it holds; true if one may. */
  mayHold(filter: Filter): boolean;
  /** The lines behind a point that hold, in this direction. */
  indexes(direction: Asked['direction'], after: Point, filter: Filter | undefined): Iterable<number>;
  offsetOf(index: number): number;
  pointOf(index: number): Point;
  /** Bytes of the text. */
  sizeOf(index: number): number;
  lineOf(index: number): Line;
}

/** What is known of a block before it is read. */
export type Header = Omit<Block, 'places' | 'texts' | 'metadata'>;

/** What is read of a block when it is asked for. */
export interface Source {
  places(): Uint8Array;
  texts(): Texts;
  /** Told of the bytes that it takes from now on. */
  grown(bytes: number): void;
}

export interface Texts {
  texts: Buffer;
  metadata: Buffer | null;
}

export function createOpened({ first, seq, last, lastSeq, count, bytes }: Header, source: Source): Opened {
  let found: Places | undefined;
  let read: Texts | undefined;
  const places = (): Places => {
    if (!found) {
      found = decodePlaces({ places: source.places(), count });
      source.grown(count * 33);
    }
    return found;
  };
  const texts = (): Texts => {
    if (!read) {
      read = source.texts();
      source.grown(read.texts.length + (read.metadata?.length ?? 0));
    }
    return read;
  };
  const pointOf = (index: number): Point => {
    const { offsets, seqs } = places();
    return { offset: offsets[index] as number, seq: seqs[index] as number };
  };
  /** The first line that isn't before the point, or that is behind it. */
  const firstFrom = (isBefore: (index: number) => boolean) => {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  function* containing(needle: Buffer, from: number, to: number): Generator<number> {
    const { texts: all } = texts();
    const { starts } = places();
    const end = starts[to] as number;
    let at = starts[from] as number;
    for (;;) {
      at = all.indexOf(needle, at);
      if (at < 0 || at >= end) return;
      const found = at;
      const index = firstFrom((index) => (starts[index + 1] as number) <= found);
      if (at + needle.length <= (starts[index + 1] as number)) {
        yield index;
        at = starts[index + 1] as number;
      } else at += 1;
    }
  }

  function candidates(forward: boolean, filter: Filter | undefined, from: number, to: number): Iterable<number> {
    if (!filter?.needle) return forward ? ascending(from, to) : descending(from, to);
    const found = containing(filter.needle, from, to);
    return forward ? found : [...found].toReversed();
  }

  return {
    begin: { offset: first, seq },
    end: { offset: last, seq: lastSeq },
    count,
    bytes,
    offsetOf: (index) => places().offsets[index] as number,
    pointOf,
    sizeOf: (index) => (places().starts[index + 1] as number) - (places().starts[index] as number),
    mayHold: ({ needle }) => !needle || texts().texts.includes(needle),
    *indexes(direction, after, filter) {
      const { offset, seq } = after;
      const forward = direction === 'forward';
      const { offsets, seqs } = places();
      const edge = firstFrom((index) => {
        const order = (offsets[index] as number) - offset || (seqs[index] as number) - seq;
        return forward ? order <= 0 : order < 0;
      });
      const [from, to] = forward ? [edge, count] : [0, edge];
      const found = candidates(forward, filter, from, to);
      if (!filter?.rest) yield* found;
      else {
        const { texts: all } = texts();
        const { starts } = places();
        for (const index of found)
          if (filter.rest(all, starts[index] as number, starts[index + 1] as number)) yield index;
      }
    },
    lineOf(index) {
      const { starts, marked, metadata: ends } = places();
      const start = starts[index] as number;
      const end = starts[index + 1] as number;
      const line: Line = { ...pointOf(index), metadata: null, log: '', bytes: end - start };
      const { texts: all, metadata } = texts();
      line.log = all.toString('utf8', start, end);
      if (metadata && marked[index] === 1) line.metadata = metadata.toString('utf8', ends[index - 1] ?? 0, ends[index]);
      return line;
    },
  };
}

function* ascending(from: number, to: number): Generator<number> {
  for (let index = from; index < to; index += 1) yield index;
}

function* descending(from: number, to: number): Generator<number> {
  for (let index = to - 1; index >= from; index -= 1) yield index;
}
