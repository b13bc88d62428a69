import type { Line, Parse } from './line.ts';
import { parseTime } from './time.ts';

const quote = 34;
const backslash = 92;
const head = Buffer.from('{"log":"');
const middle = Buffer.from('","stream":"std');
const out = Buffer.from('out","time":"');
const err = Buffer.from('err","time":"');

/**
 * `{"log":"…\n","stream":"stdout","time":"…"}`, as Docker's json-file driver writes it. A text without `\n` at its end
 * is a part of a line. What is in this order is read from the bytes; any other order and `attrs` go through JSON.parse.
 */
export function dockerParser(): Parse {
  let scratch = Buffer.alloc(0);
  return (bytes, start, end, line) => {
    if (bytes[start] !== 123) return false;
    let at = start + head.length;
    let escapes = 0;
    if (!has(bytes, start, end, head)) return parseSlowly(bytes, start, end, line);
    for (; at < end; at++) {
      const byte = bytes[at];
      if (byte === quote) break;
      if (byte === backslash) {
        escapes++;
        at++;
      }
    }
    const text = start + head.length;
    let behind = at + middle.length;
    if (!has(bytes, at, end, middle)) return parseSlowly(bytes, start, end, line);
    if (has(bytes, behind, end, out)) line.stream = 0;
    else if (has(bytes, behind, end, err)) line.stream = 1;
    else return parseSlowly(bytes, start, end, line);
    behind = parseTime(bytes, behind + out.length, end, line);
    if (behind < 0 || end - behind !== 2 || bytes[behind] !== quote || bytes[behind + 1] !== 125)
      return parseSlowly(bytes, start, end, line);

    // An escaped n is a newline unless its backslash is escaped itself; then there is a second escape.
    const newline = escapes > 0 && bytes[at - 1] === 110 && bytes[at - 2] === backslash;
    if (escapes === 0 || (escapes === 1 && newline)) {
      line.bytes = bytes;
      line.start = text;
      line.end = newline ? at - 2 : at;
      line.partial = !newline;
    } else {
      if (scratch.length < at - text) scratch = Buffer.alloc(Math.max(at - text, 32_768));
      const length = unescape(bytes, text, at, scratch);
      if (length < 0) return parseSlowly(bytes, start, end, line);
      const full = scratch[length - 1] === 10 && length > 0;
      line.bytes = scratch;
      line.start = 0;
      line.end = full ? length - 1 : length;
      line.partial = !full;
    }
    line.format = 'docker';
    return true;
  };
}

function has(bytes: Buffer, at: number, end: number, text: Buffer): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

function parseSlowly(bytes: Buffer, start: number, end: number, line: Line): boolean {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return false;
  }
  if (typeof value !== 'object' || value === null) return false;
  const { log, stream, time } = value as Record<string, unknown>;
  if (typeof log !== 'string' || (stream !== 'stdout' && stream !== 'stderr') || typeof time !== 'string') return false;
  const written = Buffer.from(time);
  if (parseTime(written, 0, written.length, line) !== written.length) return false;
  const full = log.endsWith('\n');
  line.format = 'docker';
  line.stream = stream === 'stdout' ? 0 : 1;
  line.partial = !full;
  line.bytes = Buffer.from(full ? log.slice(0, -1) : log);
  line.start = 0;
  line.end = line.bytes.length;
  return true;
}

const plain: Readonly<Record<number, number>> = {
  34: 34,
  92: 92,
  47: 47,
  98: 8,
  102: 12,
  110: 10,
  114: 13,
  116: 9,
};

/** Writes the text of a JSON string as UTF-8; a lone surrogate becomes U+FFFD. Returns the length, -1 if it is none. */
function unescape(from: Buffer, start: number, end: number, to: Buffer): number {
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = from[at] as number;
    if (byte !== backslash) {
      if (byte < 32) return -1;
      to[length++] = byte;
      continue;
    }
    const letter = from[++at] as number;
    if (letter !== 117) {
      const meant = plain[letter];
      if (meant === undefined) return -1;
      to[length++] = meant;
      continue;
    }
    let code = hex(from, at + 1, end);
    if (code < 0) return -1;
    at += 4;
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = from[at + 1] === backslash && from[at + 2] === 117 ? hex(from, at + 3, end) : -1;
      if (code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      } else {
        code = 0xfffd;
      }
    }
    length = writeUtf8(to, length, code);
  }
  return length;
}

/** Four hexadecimal digits as a number, -1 if they are none. */
function hex(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = (bytes[i] as number) | 32;
    const digit = byte >= 48 && byte <= 57 ? byte - 48 : byte >= 97 && byte <= 102 ? byte - 87 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function writeUtf8(to: Buffer, at: number, code: number): number {
  if (code < 0x80) {
    to[at++] = code;
    return at;
  }
  if (code < 0x800) {
    to[at++] = 0xc0 | (code >> 6);
  } else {
    if (code < 0x10000) {
      to[at++] = 0xe0 | (code >> 12);
    } else {
      to[at++] = 0xf0 | (code >> 18);
      to[at++] = 0x80 | ((code >> 12) & 63);
    }
    to[at++] = 0x80 | ((code >> 6) & 63);
  }
  to[at++] = 0x80 | (code & 63);
  return at;
}
