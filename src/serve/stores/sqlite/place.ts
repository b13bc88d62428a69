/** Nanoseconds of one bucket: an hour. Within it, a place is a number that JavaScript has exactly. */
export const span = 3_600_000_000_000n;

/** A time, cut in two: the number of its hour since 1970, and the nanoseconds since that began. */
export interface Moment {
  bucket: number;
  offset: number;
}

/** The place of an entry: of one time the series by number, of one series and time in the order of writing. */
export interface Place extends Moment {
  series: number;
  seq: number;
}

export function momentOf(time: bigint): Moment {
  const rest = time % span;
  const offset = rest < 0n ? rest + span : rest;
  return { bucket: Number((time - offset) / span), offset: Number(offset) };
}

export const timeOf = ({ bucket, offset }: Moment): bigint => BigInt(bucket) * span + BigInt(offset);

export const formatCursor = (place: Place): string => `${timeOf(place)}.${place.series}.${place.seq}`;

/** Throws for what `formatCursor` hasn't made. */
export function parseCursor(text: string): Place {
  const [, time = '', series = '', seq = ''] = /^(-?\d{1,19})\.(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  // Of 19 digits there are more than 64 bits hold.
  if (time === '' || BigInt.asIntN(64, BigInt(time)) !== BigInt(time))
    throw new RangeError(`${JSON.stringify(text.slice(0, 100))} is no cursor of this store`);
  return { ...momentOf(BigInt(time)), series: Number(series), seq: Number(seq) };
}

/** Which of two places of one bucket comes first. */
export const compare = (a: Omit<Place, 'bucket'>, b: Omit<Place, 'bucket'>): number =>
  a.offset - b.offset || a.series - b.series || a.seq - b.seq;
