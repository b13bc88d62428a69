import { hour, floor, partitionOf, spans } from './place.ts';

/** Bytes of one partition after which a series gets shorter ones. */
const full = 64 * 1024 * 1024;
/** Bytes of a row beside its text. */
const row = 80;
const most = 100_000;

/** Which span the partition of an entry has, by how much was written of its series. */
export interface Spread {
  of(series: string, time: bigint, bytes: number): number;
}

/**
 * What it says may be different after a restart or in another process: entries that were written with two spans are
 * found once.
 */
export function createSpread(limit = full): Spread {
  const states = new Map<string, { hour: bigint; span: number; bytes: number }>();
  const partitions = new Map<string, number>();
  return {
    of(series, time, bytes) {
      const now = floor(time, hour);
      let state = states.get(series);
      if (!state || state.hour !== now) {
        const before = state && now - state.hour === hour ? state.bytes : 0;
        const fits = spans.findIndex((seconds) => (before * seconds) / 3600 <= limit / 2);
        state = { hour: now, span: fits === -1 ? spans.length - 1 : fits, bytes: 0 };
        if (states.size >= most) states.clear();
        states.set(series, state);
      }
      state.bytes += bytes + row;
      for (;;) {
        const seconds = spans[state.span] ?? 5;
        const key = `${series}.${seconds}.${partitionOf(time, seconds)}`;
        const there = (partitions.get(key) ?? 0) + bytes + row;
        if (there > limit && state.span < spans.length - 1) {
          state.span += 1;
          continue;
        }
        if (partitions.size >= most) partitions.clear();
        partitions.set(key, there);
        return seconds;
      }
    },
  };
}
