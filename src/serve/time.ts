const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;
const second = 1_000_000_000n;
const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

/** Nanoseconds since 1970 of an RFC 3339 time, or undefined for another text, a date that doesn't exist, or one beyond 64 bits. */
export function parseTime(text: string): bigint | undefined {
  const time = parse(text);
  return time === undefined || time < least || time > most ? undefined : time;
}

/** The same for an end of what is looked for: what is beyond 64 bits, as Go's year 1 or the year 9999, is as far as a time can be. */
export function parseBound(text: string): bigint | undefined {
  const time = parse(text);
  if (time === undefined) return undefined;
  return time < least ? least : time > most ? most : time;
}

function parse(text: string): bigint | undefined {
  const [, whole = '', fraction = '', zone = ''] = shape.exec(text) ?? [];
  if (whole === '') return undefined;
  const utc = Date.parse(`${whole}Z`);
  // Date takes February 30 for March 1, and 24:00 for the next day; there is none of that in most of a month.
  const doubtful = whole.slice(8, 10) > '28' || whole.startsWith('24', 11);
  if (Number.isNaN(utc) || (doubtful && new Date(utc).toISOString().slice(0, 19) !== whole)) return undefined;
  const [hours, minutes] = zone === 'Z' ? [0, 0] : [Number(zone.slice(1, 3)), Number(zone.slice(4))];
  if (hours > 23 || minutes > 59) return undefined;
  const offset = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  return BigInt(utc - offset) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

/** RFC 3339 in UTC; the fraction has up to nine digits, without zeros at its end. */
export function formatTime(time: bigint): string {
  const fraction = ((time % second) + second) % second;
  const whole = new Date(Number((time - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}${fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`}Z`;
}
