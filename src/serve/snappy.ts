const corrupt = () => new Error('snappy: corrupt input');

/** What Snappy says at its beginning that it will be, in bytes; undefined if it says nothing that can be. */
export function declaredLength(input: Buffer): { length: number; at: number } | undefined {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = input[at];
    if (byte === undefined) return undefined;
    length += (byte & 127) * 128 ** at;
    if (byte < 128) return length < 2 ** 32 ? { length, at: at + 1 } : undefined;
  }
  return undefined;
}

/**
 * Decompresses Snappy's block format; throws where it isn't that. Memory is taken only for what the input can make.
 * https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unsnappy(input: Buffer): Buffer {
  const { length, at: begin } = declaredLength(input) ?? {};
  // Three bytes make 64 at the most.
  if (length === undefined || begin === undefined || length > (input.length - begin) * 22) throw corrupt();
  const output = Buffer.allocUnsafe(length);
  let at = begin;
  let end = 0;
  while (at < input.length) {
    const tag = input[at] as number;
    at += 1;
    if ((tag & 3) === 0) {
      let size = (tag >> 2) + 1;
      if (size > 60) {
        const width = size - 60;
        if (at + width > input.length) throw corrupt();
        size = input.readUIntLE(at, width) + 1;
        at += width;
      }
      if (size > length - end || size > input.length - at) throw corrupt();
      input.copy(output, end, at, at + size);
      at += size;
      end += size;
      continue;
    }
    const width = [0, 1, 2, 4][tag & 3] as number;
    if (at + width > input.length) throw corrupt();
    const size = width === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = input.readUIntLE(at, width) + (width === 1 ? (tag >> 5) << 8 : 0);
    at += width;
    if (offset === 0 || offset > end || size > length - end) throw corrupt();
    // What is copied may reach into what the copy itself makes.
    if (offset >= size) output.copy(output, end, end - offset, end - offset + size);
    else for (let i = 0; i < size; i += 1) output[end + i] = output[end + i - offset] as number;
    end += size;
  }
  if (end !== length) throw corrupt();
  return output;
}
