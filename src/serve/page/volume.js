/** @import { Count } from './api.js' */

/**
 * How many lines there are in each step of time.
 *
 * @typedef {object} Volume
 * @property {number} from Milliseconds: the beginning of the first step.
 * @property {number} step Milliseconds.
 * @property {readonly string[]} values Those with most lines first; the last one, `undefined` in `sums`, may be all others.
 * @property {readonly number[]} sums
 * @property {readonly number[][]} steps For each step the count of each value.
 * @property {number} highest
 * @property {number} total
 */

/** What all values are called that have no colour of their own. */
export const others = '\u2026';
const mostValues = 7;

/**
 * @param {readonly Count[]} counts
 * @param {string} name
 * @param {{ from: number, to: number, step: number }} time
 * @returns {Volume}
 */
export function volumeOf(counts, name, { from, to, step }) {
  const first = Math.floor(from / step) * step;
  const length = Math.max(1, Math.ceil((to - first + 1) / step));
  /** @type {Map<string, number>} */
  const all = new Map();
  for (const { by, count } of counts) all.set(by[name] ?? '', (all.get(by[name] ?? '') ?? 0) + count);
  const ordered = [...all].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([value]) => value);
  const values = ordered.length > mostValues ? [...ordered.slice(0, mostValues - 1), others] : ordered;
  const steps = Array.from({ length }, () => values.map(() => 0));
  const sums = values.map(() => 0);
  for (const { time, by, count } of counts) {
    const known = values.indexOf(by[name] ?? '');
    const value = known < 0 ? values.length - 1 : known;
    const at = Math.round((Date.parse(time) - first) / step);
    const place = steps[Math.min(length - 1, Math.max(0, at))];
    if (place) place[value] = (place[value] ?? 0) + count;
    sums[value] = (sums[value] ?? 0) + count;
  }
  const highest = Math.max(0, ...steps.map((one) => one.reduce((sum, count) => sum + count, 0)));
  return { from: first, step, values, sums, steps, highest, total: sums.reduce((sum, count) => sum + count, 0) };
}

/**
 * Times for the axis, at round distances.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} most
 * @param {number} shift Milliseconds by which the clocks here are ahead of UTC.
 */
export function ticks(from, to, most, shift) {
  const second = 1000;
  const rounds = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
    ...[1, 2, 5, 10, 15, 30].map((count) => count * 60 * second),
    ...[1, 2, 3, 6, 12, 24, 48, 168, 336, 672, 1344].map((count) => count * 3600 * second),
  ];
  const distance = rounds.find((one) => (to - from) / one <= most) ?? (to - from) / most;
  const times = [];
  for (let at = Math.ceil((from + shift) / distance) * distance - shift; at <= to; at += distance) times.push(at);
  return times;
}

/** 1234567 as `1.2 M`. @param {number} count */
export function short(count) {
  if (count < 10_000) return count.toLocaleString('en');
  const [size, unit] = count < 1e6 ? [1e3, 'k'] : count < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  const scaled = count / size;
  return `${scaled < 100 ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  let scaled = bytes;
  for (; scaled >= 1000 && at < units.length - 1; at++) scaled /= 1000;
  return `${at === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[at]}`;
}
