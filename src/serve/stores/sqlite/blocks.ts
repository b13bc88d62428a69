import type { DatabaseSync } from 'node:sqlite';
import { decodePlaces, decompress, type Block, type Places } from './block.ts';
import type { Asked, Filter, Line, Point } from './lines.ts';
import type { Part } from './parts.ts';

/** A block whose lines can be looked at. */
export interface Opened {
  begin: Point;
  end: Point;
  /** The lines behind a point that may hold, in this direction. */
  indexes(direction: Asked['direction'], after: Point, filter: Filter): Iterable<number>;
  pointOf(index: number): Point;
  lineOf(index: number, texts: boolean): Line;
}

/** Bytes of opened blocks that are kept for the next look. */
const kept = 8 * 1024 * 1024;

const columns = 'first, seq, last, last_seq AS lastSeq, count, bytes, places';

export function createBlocks(db: DatabaseSync) {
  const here = 'FROM blocks WHERE bucket = ? AND series = ?';
  const before = db.prepare(
    `SELECT ${columns} ${here} AND (first, seq) <= (?, ?) ORDER BY first DESC, seq DESC LIMIT 1`,
  );
  const behind = db.prepare(`SELECT ${columns} ${here} AND (first, seq) > (?, ?) ORDER BY first, seq LIMIT 1`);
  const texts = db.prepare(`SELECT texts, metadata ${here} AND first = ? AND seq = ?`);
  const opened = new Map<string, { block: Opened; size: number }>();
  let size = 0;

  function open(part: Pick<Part, 'bucket' | 'series'>, block: Omit<Block, 'texts' | 'metadata'>): Opened {
    const { first, seq, last, lastSeq, count, bytes } = block;
    const name = [part.bucket, part.series, first, seq, last, lastSeq, count, bytes].join(' ');
    const known = opened.get(name);
    if (known) {
      opened.delete(name);
      opened.set(name, known);
      return known.block;
    }
    const fresh = createOpened(block, () => {
      const row = texts.get(part.bucket, part.series, first, seq);
      if (!row) throw new Error('a block has gone while it was read');
      const metadata = row['metadata'] as Uint8Array | null;
      return { texts: decompress(row['texts'] as Uint8Array), metadata: metadata && decompress(metadata) };
    });
    const weight = bytes + count * 33;
    opened.set(name, { block: fresh, size: weight });
    size += weight;
    for (const [oldest, { size: gone }] of opened) {
      if (size <= kept || opened.size === 1) break;
      opened.delete(oldest);
      size -= gone;
    }
    return fresh;
  }

  return {
    /** The nearest block with a line behind `after` in the direction, if it is within the range. */
    next(
      part: Pick<Part, 'bucket' | 'series'>,
      { direction, after, range }: Pick<Asked, 'direction' | 'after' | 'range'>,
    ) {
      const { bucket, series } = part;
      const find = (statement: typeof before, seq: number) =>
        statement.get(bucket, series, after.offset, seq) as unknown as Block | undefined;
      if (direction === 'backward') {
        const block = find(before, after.seq - 1);
        return block && block.last >= range.low ? open(part, block) : undefined;
      }
      let block = find(before, after.seq);
      if (!block || block.last < after.offset || (block.last === after.offset && block.lastSeq <= after.seq))
        block = find(behind, after.seq);
      return block && block.first <= range.high ? open(part, block) : undefined;
    },
  };
}

function createOpened(
  block: Omit<Block, 'texts' | 'metadata'>,
  load: () => { texts: Buffer; metadata: Buffer | null },
): Opened {
  const { count } = block;
  const places: Places = decodePlaces(block);
  const { offsets, seqs, starts } = places;
  let loaded: { texts: Buffer; metadata: Buffer | null } | undefined;
  const pointOf = (index: number): Point => ({ offset: offsets[index] as number, seq: seqs[index] as number });
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
    const { texts } = (loaded ??= load());
    const end = starts[to] as number;
    let at = starts[from] as number;
    for (;;) {
      at = texts.indexOf(needle, at);
      if (at < 0 || at >= end) return;
      const found = at;
      const index = firstFrom((index) => (starts[index + 1] as number) <= found);
      if (at + needle.length <= (starts[index + 1] as number)) {
        yield index;
        at = starts[index + 1] as number;
      } else at += 1;
    }
  }

  return {
    begin: pointOf(0),
    end: pointOf(count - 1),
    pointOf,
    *indexes(direction, after, { texts, needle }) {
      const { offset, seq } = after;
      const forward = direction === 'forward';
      const edge = firstFrom((index) => {
        const order = (offsets[index] as number) - offset || (seqs[index] as number) - seq;
        return forward ? order <= 0 : order < 0;
      });
      const [from, to] = forward ? [edge, count] : [0, edge];
      if (texts && needle) {
        const found = containing(needle, from, to);
        yield* forward ? found : [...found].toReversed();
      } else if (forward) for (let index = from; index < to; index += 1) yield index;
      else for (let index = to - 1; index >= from; index -= 1) yield index;
    },
    lineOf(index, texts) {
      const start = starts[index] as number;
      const end = starts[index + 1] as number;
      const line: Line = { ...pointOf(index), metadata: null, log: '', bytes: end - start };
      if (!texts) return line;
      loaded ??= load();
      line.log = loaded.texts.toString('utf8', start, end);
      if (loaded.metadata && places.marked[index] === 1)
        line.metadata = loaded.metadata.toString('utf8', places.metadata[index - 1] ?? 0, places.metadata[index]);
      return line;
    },
  };
}
