/** Nanoseconds. */
export const hour = 3_600_000_000_000n;
const day = 24n * hour;
/** The first and the last time that there is. */
export const least = -(2n ** 63n);
export const greatest = 2n ** 63n - 1n;

/**
 * Seconds that one partition of a series may span. Busier series get shorter ones, so that a partition stays below what
 * Cassandra works well with; which of them an hour of a series has stands in the table of series.
 */
export const spans = [3600, 600, 60, 5] as const;

/** The place of an entry: of one time the series in the order of their ids, of one series in the order of writing. */
export interface Place {
  time: bigint;
  /** Hexadecimal. */
  series: string;
  /** When it was written first, as nanoseconds; later ones are greater, whatever the clock does. */
  written: bigint;
  /** Of the text, hexadecimal. */
  hash: string;
  /** Among the equal ones of its batch. */
  number: number;
}

/** The greatest multiple of the step that is not later. */
export const floor = (time: bigint, step: bigint): bigint => time - (((time % step) + step) % step);

export const dayOf = (time: bigint): number => Number(floor(time, day) / day);

/** The hour of its day, 0 to 23. */
export const hourOf = (time: bigint): number => Number((floor(time, hour) - floor(time, day)) / hour);

export const startOf = (dayNumber: number, hourNumber: number): bigint =>
  BigInt(dayNumber) * day + BigInt(hourNumber) * hour;

/** The partitions of one hour that have a part of from to to, by their beginning in seconds since 1970. */
export function partitionsOf(begin: bigint, span: number, from: bigint, to: bigint): number[] {
  const second = 1_000_000_000n;
  const width = BigInt(span) * second;
  const starts: number[] = [];
  for (let start = begin; start < begin + hour; start += width)
    if (start <= to && start + width > from) starts.push(Number(start / second));
  return starts;
}

/** Seconds since 1970 at which the partition of this time begins. */
export const partitionOf = (time: bigint, span: number): number =>
  Number(floor(time, BigInt(span) * 1_000_000_000n) / 1_000_000_000n);

export const formatCursor = ({ time, series, written, hash, number }: Place): string =>
  `${time}.${series}.${written}.${hash}.${number}`;

/** Throws for what `formatCursor` hasn't made. */
export function parseCursor(text: string): Place {
  const [, time = '', series = '', written = '', hash = '', number = ''] =
    /^(-?\d{1,19})\.([\da-f]{32})\.(\d{1,19})\.([\da-f]{32})\.(\d{1,9})$/.exec(text) ?? [];
  // Of 19 digits there are more than 64 bits hold.
  if (time === '' || BigInt(time) < least || BigInt(time) > greatest)
    throw new RangeError(`${JSON.stringify(text.slice(0, 100))} is no cursor of this store`);
  return { time: BigInt(time), series, written: BigInt(written), hash, number: Number(number) };
}

/** Which of two places comes first. */
export function compare(a: Place, b: Place): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.series !== b.series) return a.series < b.series ? -1 : 1;
  if (a.written !== b.written) return a.written < b.written ? -1 : 1;
  if (a.hash !== b.hash) return a.hash < b.hash ? -1 : 1;
  return a.number - b.number;
}
