/** Milliseconds. @type {Readonly<Record<string, number>>} */
const units = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** @type {readonly [string, string][]} */
export const presets = [
  ['5m', '5 minutes'],
  ['15m', '15 minutes'],
  ['30m', '30 minutes'],
  ['1h', 'hour'],
  ['3h', '3 hours'],
  ['6h', '6 hours'],
  ['12h', '12 hours'],
  ['1d', '24 hours'],
  ['2d', '2 days'],
  ['7d', '7 days'],
  ['30d', '30 days'],
];

/** Milliseconds of `1h30m`; undefined for what is none. @param {string} text */
export function duration(text) {
  if (!/^(\d+(w|d|h|ms|m|s))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)(w|d|h|ms|m|s)/g)) sum += Number(count) * (units[unit] ?? 0);
  return sum;
}

/** Milliseconds since 1970 of a time in a state; NaN for what is none. @param {string} text @param {number} now */
export function instant(text, now) {
  if (text === 'now') return now;
  const ago = duration(text);
  return ago === undefined ? Date.parse(text) : now - ago;
}

/** @param {number} ms */
export const iso = (ms) => new Date(ms).toISOString();

/** @param {number} number */
const two = (number, length = 2) => String(number).padStart(length, '0');

/** `2026-01-02`, here or in UTC. @param {Date} date @param {boolean} utc */
function day(date, utc) {
  const [year, month, number] = utc
    ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
    : [date.getFullYear(), date.getMonth(), date.getDate()];
  return `${two(year, 4)}-${two(month + 1)}-${two(number)}`;
}

/** `03:04:05`. @param {Date} date @param {boolean} utc */
function clock(date, utc) {
  return utc
    ? `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
    : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `03:04:05.678`. @param {number} ms @param {boolean} utc */
export function timeOfDay(ms, utc) {
  const date = new Date(ms);
  return `${clock(date, utc)}.${two(date.getUTCMilliseconds(), 3)}`;
}

/** @param {number} ms @param {boolean} utc */
export const dayOf = (ms, utc) => day(new Date(ms), utc);

/** `2026-01-02 03:04:05`. @param {number} ms @param {boolean} utc */
export function dateTime(ms, utc) {
  const date = new Date(ms);
  return `${day(date, utc)} ${clock(date, utc)}`;
}

/** The zone that times are told in, as `UTC+02:00`. @param {number} ms @param {boolean} utc */
export function zone(ms, utc) {
  const minutes = utc ? 0 : -new Date(ms).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** @param {string} from @param {string} to @param {boolean} utc */
export function describeRange(from, to, utc) {
  if (to === 'now' && duration(from) !== undefined)
    return `Last ${presets.find(([preset]) => preset === from)?.[1] ?? from}`;
  const [start, end] = [describe(from, utc), describe(to, utc)];
  return `${start} – ${end.slice(0, 10) === start.slice(0, 10) && end.includes(':') ? end.slice(11) : end}`;
}

/** @param {string} text @param {boolean} utc */
function describe(text, utc) {
  if (text === 'now') return 'now';
  if (duration(text) !== undefined) return `${text} ago`;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : dateTime(ms, utc);
}

/**
 * What someone types as a time, as a state has it: `now`, `15m`, `2026-01-02 03:04`, RFC 3339, or seconds or
 * milliseconds since 1970. Undefined for what is none of them.
 *
 * @param {string} typed
 * @param {boolean} utc
 */
export function readTime(typed, utc) {
  const text = typed.trim().replace(/ ago$/, '');
  if (text === 'now' || duration(text) !== undefined) return text;
  if (/^\d{10}(\d{3})?$/.test(text)) return iso(Number(text) * (text.length === 10 ? 1000 : 1));
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(Z|[+-]\d\d:\d\d)?$/i.exec(text);
  if (!found) return undefined;
  const [, date, time = '00:00', offset = utc ? 'Z' : ''] = found;
  const ms = Date.parse(`${date}T${time}${offset.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : iso(ms);
}

/** `3 minutes ago`. @param {number} ms @param {number} now */
export function ago(ms, now) {
  const past = Math.max(0, now - ms);
  for (const [unit, length] of /** @type {const} */ ([
    ['day', units['d']],
    ['hour', units['h']],
    ['minute', units['m']],
  ]))
    if (length !== undefined && past >= length) {
      const count = Math.floor(past / length);
      return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
    }
  return 'just now';
}
