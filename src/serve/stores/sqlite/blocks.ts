import type { DatabaseSync } from 'node:sqlite';
import { decompress } from './block.ts';
import type { Asked } from './lines.ts';
import { createOpened, type Header, type Opened } from './opened.ts';
import type { Part } from './parts.ts';

/** Bytes of opened blocks that are kept for the next look. */
const kept = 4 * 1024 * 1024;

const columns = 'first, seq, last, last_seq AS lastSeq, count, bytes';

/** `took` is told of the bytes that were taken to open blocks. */
export function createBlocks(db: DatabaseSync, took: (bytes: number) => void) {
  const here = 'WHERE bucket = ? AND series = ?';
  const before = db.prepare(
    `SELECT ${columns} FROM blocks ${here} AND (first, seq) <= (?, ?) ORDER BY first DESC, seq DESC LIMIT 1`,
  );
  const behind = db.prepare(
    `SELECT ${columns} FROM blocks ${here} AND (first, seq) > (?, ?) ORDER BY first, seq LIMIT 1`,
  );
  const places = db.prepare(`SELECT places FROM blocks ${here} AND first = ? AND seq = ?`);
  const texts = db.prepare(`SELECT texts, metadata FROM blocks ${here} AND first = ? AND seq = ?`);
  const opened = new Map<string, { block: Opened; size: number }>();
  let size = 0;

  function open({ bucket, series }: Pick<Part, 'bucket' | 'series'>, header: Header): Opened {
    const { first, seq, last, lastSeq, count, bytes } = header;
    const name = [bucket, series, first, seq, last, lastSeq, count, bytes].join(' ');
    const known = opened.get(name);
    if (known) {
      opened.delete(name);
      opened.set(name, known);
      return known.block;
    }
    const there = (row: Record<string, unknown> | undefined) => {
      if (!row) throw new Error('a block has gone while it was read');
      return row;
    };
    const block = createOpened(header, {
      places: () => there(places.get(bucket, series, first, seq))['places'] as Uint8Array,
      texts() {
        const row = there(texts.get(bucket, series, first, seq));
        const metadata = row['metadata'] as Uint8Array | null;
        return {
          texts: decompress(row['texts'] as Uint8Array, bytes),
          metadata: metadata && decompress(metadata, 16_384),
        };
      },
      grown(bytes) {
        took(bytes);
        if (opened.get(name) !== entry) return;
        entry.size += bytes;
        size += bytes;
        tidy();
      },
    });
    const entry = { block, size: 500 };
    opened.set(name, entry);
    size += entry.size;
    tidy();
    return block;
  }

  /** Lets those go that were not looked at for longest. */
  function tidy(): void {
    for (const [oldest, { size: gone }] of opened) {
      if (size <= kept || opened.size === 1) return;
      opened.delete(oldest);
      size -= gone;
    }
  }

  return {
    /** The nearest block with a line behind `after` in the direction, if it is within the range. */
    next(
      part: Pick<Part, 'bucket' | 'series'>,
      { direction, after, range }: Pick<Asked, 'direction' | 'after' | 'range'>,
    ) {
      const { bucket, series } = part;
      const find = (statement: typeof before, seq: number) =>
        statement.get(bucket, series, after.offset, seq) as unknown as Header | undefined;
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
