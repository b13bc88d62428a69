import { createFollower } from '../../src/ship/follow/follower.ts';
import type { FollowWorld, Reader, Start } from '../../src/ship/follow/reader.ts';
import type { LogRecord, Source } from '../../src/ship/record.ts';
import type { Batch } from '../../src/ship/sink.ts';

export interface Taken {
  path: string;
  stream: 0 | 1;
  text: string;
  /** Nanoseconds since 1970. */
  time: bigint;
}

/** A batch that remembers the records as they are; it has room for so many. */
export function rememberingBatch(room = Number.POSITIVE_INFINITY): Batch & { taken: Taken[]; limit: number } {
  const batch = {
    taken: [] as Taken[],
    limit: room,
    get count() {
      return batch.taken.length;
    },
    get size() {
      return batch.taken.length;
    },
    room: () => batch.taken.length < batch.limit,
    add({ source, stream, seconds, nanos, bytes, start, end }: LogRecord) {
      const text = bytes.toString('utf8', start, end);
      batch.taken.push({ path: source.path, stream, text, time: BigInt(seconds) * 1_000_000_000n + BigInt(nanos) });
    },
    clear: () => void (batch.taken = []),
  };
  return batch;
}

/** What followers need of the world, with a clock that the test moves, and what was told. */
export function tailWorld(changes: Partial<FollowWorld> = {}) {
  const told = { lost: [] as string[], problems: [] as string[], rotated: 0, truncated: 0 };
  const clock = { now: 0 };
  const maxLine = changes.maxLine ?? 256 * 1024;
  const world: FollowWorld = {
    maxLine,
    overlong: 'split',
    wall: () => 1_700_000_000_000 + clock.now,
    now: () => clock.now,
    held: { bytes: 0, limit: 32 * 1024 * 1024 },
    count: { lines: 0, bytes: 0, plain: 0, cut: 0, invalid: 0 },
    buffer: Buffer.alloc(maxLine + 8192),
    linger: 5000,
    patience: 1000,
    gone: { wait: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY, held: 0 },
    lost: (reason, bytes, path) => void told.lost.push(`${reason} ${bytes} ${path}`),
    problem: (path, error) => void told.problems.push(`${path}: ${error?.message ?? 'well'}`),
    isTaken: () => false,
    rotated: () => void told.rotated++,
    truncated: () => void told.truncated++,
    ...changes,
  };
  const follow = (path: string, start?: Start, source: Partial<Source> = {}): Reader =>
    createFollower({ path, attributes: {}, ...source }, world, start);
  return { world, told, clock, follow };
}

/** Looks and reads until nothing more comes. */
export function drain(reader: Reader, batch: Batch): void {
  reader.look();
  while (reader.read(batch, 1 << 20) === 'more');
}
