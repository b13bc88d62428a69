import { createHash } from 'node:crypto';

/** Bytes that one value may take in a path. */
const VALUE_BYTES = 200;
/** Bytes of a whole path segment: a file name may have 255, and a writer needs some for its temporary name. */
const SEGMENT_BYTES = 220;

/** A value as one path segment: no slash, no control character, neither empty nor `.` nor `..`, at most 200 bytes. */
export function segment(value: string): string {
  const safe = value.toWellFormed().replace(/[/\p{Cc}\u2028\u2029]/gu, '_');
  return /^\.{0,2}$/.test(safe) ? '_' : cut(safe, VALUE_BYTES, value);
}

/** A path whose segments are short enough for a file system; the end of a shortened one is kept if it is a suffix. */
export function shorten(path: string): string {
  return path
    .split('/')
    .map((part) => {
      const suffix = /\.[a-z0-9.]{1,20}$/.exec(part)?.[0] ?? '';
      const stem = part.slice(0, part.length - suffix.length);
      return cut(stem, SEGMENT_BYTES - suffix.length, stem) + suffix;
    })
    .join('/');
}

/** The text cut to so many bytes; a cut one ends with a hash of the original, so that two stay two. */
function cut(text: string, bytes: number, original: string): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const hash = createHash('sha256').update(original).digest('hex').slice(0, 8);
  return `${firstBytes(text, bytes - 9)}-${hash}`;
}

/** The longest beginning of the text that has at most so many bytes in UTF-8 and splits no character. */
export function firstBytes(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  if (buffer.length <= bytes) return text.toWellFormed();
  let end = bytes;
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return buffer.toString('utf8', 0, end);
}

/** A path as a pattern that matches it alone, for shippers to which a backslash makes the next character itself. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[\]{}\\]/g, String.raw`\$&`);
}
