const block = 65_536;
const tableBits = 14;

/**
 * Compresses as Snappy's block format wants it. Greedy, with one hash table, as the reference does:
 * https://github.com/google/snappy/blob/main/format_description.txt
 * What it returns is overwritten by the next call.
 */
export function snappyCompressor(): (input: Buffer) => Buffer {
  let output = Buffer.alloc(0);
  const table = new Uint16Array(1 << tableBits);
  return (input) => {
    const most = 32 + input.length + Math.ceil(input.length / 6);
    if (output.length < most) output = Buffer.allocUnsafeSlow(most);
    let at = writeVarint(output, 0, input.length);
    for (let start = 0; start < input.length; start += block) {
      at = compressBlock(input, start, Math.min(input.length, start + block), output, at, table);
    }
    return output.subarray(0, at);
  };
}

export function writeVarint(to: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    to[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  to[at++] = rest;
  return at;
}

function compressBlock(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  place: number,
  table: Uint16Array,
): number {
  let at = place;
  let literal = start;
  let position = start;
  let misses = 0;
  table.fill(0);
  const last = end - 15;
  while (position < last) {
    const word = load(input, position);
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - tableBits);
    const candidate = start + (table[hash] as number);
    table[hash] = position - start;
    if (candidate >= position || load(input, candidate) !== word) {
      // What does not repeat is passed over in greater and greater steps.
      position += 1 + (misses++ >> 5);
      continue;
    }
    misses = 0;
    if (position > literal) at = writeLiteral(input, literal, position, output, at);
    let from = candidate + 4;
    let to = position + 4;
    for (; to < last && load(input, from) === load(input, to); to += 4) from += 4;
    for (; to < end && input[from] === input[to]; to++) from++;
    at = writeCopy(output, at, to - from, to - position);
    position = to;
    literal = to;
  }
  return literal < end ? writeLiteral(input, literal, end, output, at) : at;
}

function load(bytes: Buffer, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function writeLiteral(input: Buffer, start: number, end: number, output: Buffer, place: number): number {
  let at = place;
  const length = end - start - 1;
  if (length < 60) {
    output[at++] = length << 2;
  } else if (length < 256) {
    output[at++] = 60 << 2;
    output[at++] = length;
  } else {
    output[at++] = 61 << 2;
    output[at++] = length & 255;
    output[at++] = length >> 8;
  }
  if (length < 64) for (let i = start; i < end; i++) output[at++] = input[i] as number;
  else at += input.copy(output, at, start, end);
  return at;
}

function writeCopy(output: Buffer, place: number, offset: number, length: number): number {
  let at = place;
  let left = length;
  while (left > 0) {
    // No piece may be left that is shorter than 4.
    const piece = left >= 68 ? 64 : left > 64 ? 60 : left;
    if (piece >= 4 && piece <= 11 && offset < 2048) {
      output[at++] = 1 | ((piece - 4) << 2) | ((offset >> 8) << 5);
      output[at++] = offset & 255;
    } else {
      output[at++] = 2 | ((piece - 1) << 2);
      output[at++] = offset & 255;
      output[at++] = offset >> 8;
    }
    left -= piece;
  }
  return at;
}
