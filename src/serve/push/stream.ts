import type { Labels } from './labels.ts';

/** A stream of a push, understood. */
export interface Stream {
  labels: Labels;
  entries: readonly { time: bigint; line: string; metadata: Labels }[];
}

/** More entries than a request may have. */
export class PushTooLarge extends Error {}

/** The limits of Loki for what stands beside a line. */
const most = { pairs: 128, bytes: 65_536 };

export function checkMetadata(pairs: readonly (readonly [string, unknown])[]): Labels {
  let bytes = 0;
  for (const [name, value] of pairs) {
    if (typeof value !== 'string')
      throw new Error(`parse error: structured metadata ${JSON.stringify(name)} is no text`);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (pairs.length > most.pairs || bytes > most.bytes)
    throw new Error(`structured metadata of a line has more than ${most.pairs} pairs or ${most.bytes} bytes`);
  return Object.fromEntries(pairs) as Labels;
}

const end = 2n ** 63n;

/** Nanoseconds since 1970, which have to fit into 64 bits. */
export function checkTime(time: bigint): bigint {
  if (time < -end || time >= end) throw new Error('parse error: a time is out of range');
  return time;
}
