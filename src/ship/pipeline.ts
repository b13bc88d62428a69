import type { Log } from '../system/log.ts';
import type { Counts, Limits } from './follow/assembler.ts';
import type { Checkpoint } from './checkpoint.ts';
import { createDelivery } from './delivery.ts';
import type { Found } from './discover/discover.ts';
import { createFollowedPaths, tickEvery, type Followed } from './followed.ts';
import type { Sink } from './sink.ts';
import { createTurns } from './turns.ts';

export interface PipelineInput {
  name: string;
  sink: Sink;
  checkpoint: Checkpoint;
  /** Milliseconds for which a batch waits for more. */
  batchWait: number;
  limits: Pick<Limits, 'maxLine' | 'overlong' | 'raw'>;
  start: 'beginning' | 'end';
  /** Milliseconds between two looks for new files. */
  interval: number;
  linger: number;
  patience: number;
  gone: { wait: number; most: number };
  /** True where inotify is not to be used. */
  polling: boolean;
  /** True if beginnings of lines can't be remembered over the end of the process. */
  forgetful: boolean;
  log: Log;
  counts(pattern: string): Counts;
  on: {
    acknowledged(count: number): void;
    lost(bytes: number, path: string): void;
    rotated(): void;
    truncated(): void;
    /** Told once for each change of state of a path; undefined is well. */
    problem(path: string, error: Error | undefined): void;
  };
}

/** One destination and all files, each at its own place: what is slow here slows nothing elsewhere. */
export interface Pipeline {
  readonly name: string;
  /** Follows what was found, and lets go what was not. */
  update(found: Found, since: number | undefined): void;
  /** Reads to the present end, waits for the acknowledgement and saves; gives up after an abort. */
  finish(signal: AbortSignal): Promise<void>;
  /** Ends at once; what is not acknowledged is sent again by the next process. */
  abort(): Promise<void>;
  state(): { files: number; open: number; lag: number; behind: number; problems: readonly string[]; tick: number };
}

/** Ticks between two savings of the offsets. */
const saveEvery = 50;

export function createPipeline(input: PipelineInput): Pipeline {
  const { name, sink, checkpoint, batchWait, log, on } = input;
  const now = () => performance.now();
  let full = false;
  let since = 0;
  let behindSince: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let soon = false;
  let ticks = 0;
  let last = now();
  let unsaved = false;

  const schedule = () => {
    if (soon) return;
    soon = true;
    setImmediate(pump);
  };
  const delivery = createDelivery({ name, sink, checkpoint, log, acknowledged: on.acknowledged, onSpare: schedule });
  const world = {
    ...input.limits,
    wall: Date.now,
    now,
    held: { bytes: 0, limit: 32 * 1024 * 1024 },
    buffer: Buffer.allocUnsafe(Math.max(input.limits.maxLine, 128 * 1024) + 16 * 1024),
    linger: input.linger,
    patience: input.patience,
    gone: { ...input.gone, held: 0 },
    lost: (_: string, bytes: number, path: string) => on.lost(bytes, path),
    problem: on.problem,
    known: (ino: number) => checkpoint.known(ino),
    rotated: on.rotated,
    truncated: on.truncated,
  };
  const onReadable = (one: Followed) => {
    if (turns.add(one)) schedule();
  };
  const paths = createFollowedPaths(world, input, onReadable);
  const turns = createTurns((one) => paths.touched.add(one), now);

  const send = () => {
    if (!delivery.send(() => paths.reached())) return;
    full = false;
    clearTimeout(timer);
    timer = undefined;
  };
  const pump = () => {
    soon = false;
    if (delivery.aborted) return;
    const { filling } = delivery;
    const before = filling.count;
    full = turns.read(filling, full);
    if (before === 0 && filling.count > 0) since = now();
    const wait = full ? 0 : batchWait - (now() - since);
    if (delivery.filling.count > 0 && !delivery.sending) {
      if (wait <= 0) send();
      else timer ??= setTimeout(due, Math.ceil(wait));
    }
    if (!turns.none && !full) schedule();
  };
  const due = () => {
    timer = undefined;
    schedule();
  };

  const notSaved = (error: unknown) => {
    if (!unsaved) log.error('offsets are not saved', { destination: name, error });
    unsaved = true;
  };
  const isIdle = () => delivery.filling.count === 0 && !delivery.sending;
  const ticking = setInterval(() => {
    last = now();
    ticks++;
    paths.tick();
    if (isIdle() && paths.touched.size > 0) delivery.remember(paths.reached());
    behindSince = isIdle() && turns.none ? undefined : (behindSince ?? last);
    if (ticks % saveEvery === 0)
      checkpoint.save().then(
        () => (unsaved = false),
        (error: unknown) => notSaved(error),
      );
  }, tickEvery);

  return {
    name,
    update(found, newSince) {
      const first = newSince === undefined && !checkpoint.found;
      const { until } = checkpoint;
      // What an earlier process can't have seen any more is new as well.
      const since = newSince ?? (until === undefined ? undefined : until - input.interval - 1000);
      const begun = paths.update(found, { start: first ? input.start : 'beginning', since });
      // That a file is known must outlive a kill before its first acknowledgement, or a rotation would hide it.
      if (begun.size > 0) delivery.remember({ marks: begun, gone: () => [] });
    },
    async finish(signal) {
      clearInterval(ticking);
      for (const one of paths.all.values()) paths.look(one);
      const over = () => turns.none && isIdle();
      const onAbort = () => delivery.abort();
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      if (input.forgetful) {
        for (const { reader } of paths.all.values()) {
          while (reader.read(delivery.filling, 64 * 1024) === 'more');
          reader.flush(delivery.filling);
        }
        since = 0;
      }
      while (!over() && !delivery.aborted) {
        since = Math.min(since, now() - batchWait);
        pump();
        await (delivery.sending ?? new Promise((resolve) => setImmediate(resolve)));
      }
      signal.removeEventListener('abort', onAbort);
      if (over()) delivery.remember(paths.reached());
      await this.abort();
    },
    async abort() {
      clearInterval(ticking);
      clearTimeout(timer);
      delivery.abort();
      await delivery.sending?.catch(() => undefined);
      paths.close();
      await checkpoint.close().catch(notSaved);
      sink.close();
    },
    state() {
      const readers = [...paths.all.values()].map(({ reader }) => reader);
      return {
        files: readers.length,
        open: readers.reduce((sum, { open }) => sum + open, 0),
        lag: readers.reduce((sum, { lag }) => sum + lag, 0),
        behind: behindSince === undefined ? 0 : now() - behindSince,
        problems: [...paths.problems.values()],
        tick: now() - last,
      };
    },
  };
}
