/**
 * What a block of texts may contain, in a few bytes: a bit is set for each four bytes that follow one another, letters of
 * ASCII as if they were small. A text that isn't there is seldom found to be possible.
 * Source: https://en.wikipedia.org/wiki/Bloom_filter
 */
export type Sieve = Uint8Array;

/** For each condition the texts of which one has to be there, by the hashes of their four bytes. */
export type Wanted = readonly (readonly Uint32Array[])[];

/** Bytes of a sieve. A longer one would take a page of the database for itself. */
const sizes = { least: 64, most: 1024 };
/** Of all bits so many may be set in one that is made smaller; one with more than `full` would tell nothing. */
const share = { half: 0.7, full: 0.85 };

const small = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));

/** Undefined if nearly everything may be in them. */
export function sieveOf(texts: Uint8Array): Sieve | undefined {
  let sieve = new Uint8Array(sizes.most);
  let last = 0;
  for (let at = 0; at < texts.length; at += 1) {
    last = (last << 8) | (small[texts[at] as number] as number);
    if (at < 3) continue;
    const bit = hash(last) & (sizes.most * 8 - 1);
    sieve[bit >> 3] = (sieve[bit >> 3] as number) | (1 << (bit & 7));
  }
  if (bitsIn(sieve) > share.full * sizes.most * 8) return undefined;
  while (sieve.length > sizes.least) {
    const half = new Uint8Array(sieve.length / 2);
    for (let at = 0; at < half.length; at += 1) half[at] = (sieve[at] as number) | (sieve[at + half.length] as number);
    if (bitsIn(half) > share.half * half.length * 8) break;
    sieve = half;
  }
  return sieve;
}

/** The hashes of each four bytes of a text. */
export function gramsOf(text: string): Uint32Array {
  const bytes = Buffer.from(text);
  const grams = new Uint32Array(Math.max(0, bytes.length - 3));
  let last = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    last = (last << 8) | (small[bytes[at] as number] as number);
    if (at >= 3) grams[at - 3] = hash(last);
  }
  return grams;
}

/** False if nothing that is wanted can be there. */
export function mayHold(sieve: Sieve, wanted: Wanted): boolean {
  const mask = sieve.length * 8 - 1;
  const isThere = (grams: Uint32Array) => {
    for (const gram of grams) {
      const bit = gram & mask;
      if (((sieve[bit >> 3] as number) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  };
  return wanted.every((texts) => texts.some(isThere));
}

/** Whether a sieve can tell anything of it. */
export const canTell = (wanted: Wanted) => wanted.some((texts) => texts.every(({ length }) => length > 0));

function hash(four: number): number {
  const mixed = Math.imul(four ^ (four >>> 15), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

function bitsIn(bytes: Uint8Array): number {
  let count = 0;
  for (let byte of bytes) for (; byte !== 0; byte &= byte - 1) count += 1;
  return count;
}
