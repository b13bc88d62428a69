import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Line } from './lines.ts';

/** Lines of one part that have been put together. Blocks of a part never overlap. */
export interface Block {
  /** The first and the last line: offset and seq. */
  first: number;
  seq: number;
  last: number;
  lastSeq: number;
  count: number;
  /** Of all texts, as UTF-8. */
  bytes: number;
  /** Compressed: of each line the offset since the one before, seq, bytes of text, bytes of metadata and one, or 0. */
  places: Uint8Array;
  /** Compressed: all texts, one after another. */
  texts: Uint8Array;
  /** Compressed; null if no line has any. */
  metadata: Uint8Array | null;
}

/** Where the lines of a block are, by column. `starts` has one more: where the last text ends. */
export interface Places {
  offsets: Float64Array;
  seqs: Float64Array;
  starts: Float64Array;
  /** Where the metadata of each end; those without any end where they begin. */
  metadata: Float64Array;
  /** 1 for those with metadata. */
  marked: Uint8Array;
}

const level = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const compress = (data: Uint8Array) => zstdCompressSync(data, level);

/** `lines` are in order, and there is one at least. */
export function encode(lines: readonly Line[]): Block {
  const [first] = lines as [Line];
  const last = lines.at(-1) as Line;
  const places = createNumbers(lines.length * 12);
  const metadata: Buffer[] = [];
  let before = 0;
  let bytes = 0;
  for (const line of lines) {
    places.add(line.offset - before);
    places.add(line.seq);
    places.add(line.bytes);
    bytes += line.bytes;
    before = line.offset;
    if (line.metadata === null) places.add(0);
    else {
      const text = Buffer.from(line.metadata);
      places.add(text.length + 1);
      metadata.push(text);
    }
  }
  const texts = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const { log } of lines) at += texts.write(log, at);
  return {
    first: first.offset,
    seq: first.seq,
    last: last.offset,
    lastSeq: last.seq,
    count: lines.length,
    bytes,
    places: compress(places.taken()),
    texts: compress(texts),
    metadata: metadata.length === 0 ? null : compress(Buffer.concat(metadata)),
  };
}

export function decodePlaces({ places, count }: Pick<Block, 'places' | 'count'>): Places {
  const data = decompress(places, count * 12);
  const columns: Places = {
    offsets: new Float64Array(count),
    seqs: new Float64Array(count),
    starts: new Float64Array(count + 1),
    metadata: new Float64Array(count),
    marked: new Uint8Array(count),
  };
  let at = 0;
  const next = () => {
    let byte = data[at++] as number;
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let factor = 128; ; factor *= 128) {
      byte = data[at++] as number;
      value += (byte & 127) * factor;
      // Beyond the end too.
      if (!(byte >= 128)) return value;
    }
  };
  let offset = 0;
  let text = 0;
  let said = 0;
  for (let i = 0; i < count; i += 1) {
    offset += next();
    columns.offsets[i] = offset;
    columns.seqs[i] = next();
    columns.starts[i] = text;
    text += next();
    const metadata = next();
    if (metadata > 0) {
      columns.marked[i] = 1;
      said += metadata - 1;
    }
    columns.metadata[i] = said;
  }
  columns.starts[count] = text;
  if (at !== data.length) throw new Error('a block of the database is damaged');
  return columns;
}

/** `size`: how many bytes it should be; if it is so many there is no need to put pieces together. */
export const decompress = (data: Uint8Array, size: number): Buffer =>
  zstdDecompressSync(data, { chunkSize: Math.max(64, size + 1) });

/** Whole numbers in as few bytes as they need, seven bits in each. */
function createNumbers(size: number) {
  let data = Buffer.allocUnsafe(size);
  let at = 0;
  return {
    add(value: number): void {
      if (at + 10 > data.length) data = Buffer.concat([data, Buffer.allocUnsafe(data.length + 10)]);
      let rest = value;
      for (; rest >= 128; rest = Math.floor(rest / 128)) {
        data[at] = 128 | (rest % 128);
        at += 1;
      }
      data[at] = rest;
      at += 1;
    },
    taken: () => data.subarray(0, at),
  };
}
