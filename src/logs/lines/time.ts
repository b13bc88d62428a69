/** A point in time, to be filled by a parser. */
export interface Time {
  seconds: number;
  nanos: number;
}

const zero = 48;

/**
 * Reads an RFC 3339 time at `start`: any offset, 0 to 9 digits of a fraction. Returns the place behind it, or -1 if
 * there is none or the time lies before 1970.
 */
export function parseTime(bytes: Buffer, start: number, end: number, time: Time): number {
  if (end - start < 20 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45 || bytes[start + 10] !== 84) return -1;
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return -1;
  const year = two(bytes, start) * 100 + two(bytes, start + 2);
  const month = two(bytes, start + 5);
  const day = two(bytes, start + 8);
  const hour = two(bytes, start + 11);
  const minute = two(bytes, start + 14);
  const second = two(bytes, start + 17);
  // A part that is no number is NaN, and fails here.
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return -1;
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return -1;
  let at = start + 19;
  let nanos = 0;
  if (bytes[at] === 46) {
    let scale = 1e9;
    let digit = (bytes[++at] ?? 0) - zero;
    while (digit >= 0 && digit <= 9 && at < end && scale > 1) {
      scale /= 10;
      nanos += digit * scale;
      digit = (bytes[++at] ?? 0) - zero;
    }
  }
  let offset = 0;
  const sign = bytes[at];
  if (at >= end) return -1;
  if (sign === 90) {
    at += 1;
  } else {
    if ((sign !== 43 && sign !== 45) || at + 6 > end || bytes[at + 3] !== 58) return -1;
    offset = (two(bytes, at + 1) * 60 + two(bytes, at + 4)) * (sign === 45 ? -60 : 60);
    if (!(Math.abs(offset) < 86_400)) return -1;
    at += 6;
  }
  time.seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
  time.nanos = nanos;
  return time.seconds < 0 ? -1 : at;
}

/** Two digits as a number, or NaN. */
function two(bytes: Buffer, at: number): number {
  const tens = (bytes[at] ?? 0) - zero;
  const ones = (bytes[at + 1] ?? 0) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Days since 1970 in the Gregorian calendar, with years that begin in March so that a leap day comes last. */
function days(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const m = month <= 2 ? month + 9 : month - 3;
  const dayOfYear = ((153 * m + 2) / 5) | 0;
  return 365 * y + ((y / 4) | 0) - ((y / 100) | 0) + ((y / 400) | 0) + dayOfYear + day - 1 - 719_468;
}
