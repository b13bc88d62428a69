/** Texts one after another, in memory that one thread can hand over to another. */
export interface Texts {
  /** UTF-8. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where each of them ends. */
  ends: Uint32Array<ArrayBuffer>;
  /** Whether all are ASCII, which is read in no time. */
  narrow: boolean;
}

/** Halves of pairs of UTF-16 become U+FFFD, as UTF-8 has none. */
export function packTexts(texts: readonly string[]): Texts {
  let length = 0;
  let units = 0;
  const ends = new Uint32Array(texts.length);
  for (const [index, text] of texts.entries()) {
    length += Buffer.byteLength(text);
    units += text.length;
    ends[index] = length;
  }
  // Not out of Node's pool, which stays here.
  const bytes = new Uint8Array(length);
  const out = Buffer.from(bytes.buffer);
  const narrow = length === units;
  const encoding = narrow ? 'latin1' : 'utf8';
  for (const [index, text] of texts.entries()) out.write(text, ends[index - 1] ?? 0, encoding);
  return { bytes, ends, narrow };
}

/** Returns a function that reads each of the texts. */
export function unpackTexts({ bytes, ends, narrow }: Texts): (index: number) => string {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoding = narrow ? 'latin1' : 'utf8';
  return (index) => all.toString(encoding, ends[index - 1] ?? 0, ends[index]);
}

/** What of them is handed over. */
export const memoryOf = ({ bytes, ends }: Texts): ArrayBuffer[] => [bytes.buffer, ends.buffer];
