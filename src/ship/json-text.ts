import type { LogRecord } from './record.ts';

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
