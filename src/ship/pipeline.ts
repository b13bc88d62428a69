import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../system/log.ts';
import type { Limits } from './assembler.ts';
import { createBells } from './bell.ts';
import type { Checkpoint } from './checkpoint.ts';
import { isGone, type Found } from './discover.ts';
import { createFollower } from './follower.ts';
import type { Mark, Reader } from './reader.ts';
import type { Source } from './record.ts';
import type { Batch, Sink } from './sink.ts';

export interface PipelineInput {
  name: string;
  sink: Sink;
  checkpoint: Checkpoint;
  /** Milliseconds for which a batch waits for more. */
  batchWait: number;
  limits: Pick<Limits, 'maxLine' | 'overlong'>;
  start: 'beginning' | 'end';
  linger: number;
  patience: number;
  /** True if beginnings of lines can't be remembered over the end of the process. */
  forgetful: boolean;
  log: Log;
  count: Limits['count'];
  on: {
    acknowledged(count: number): void;
    lost(bytes: number): void;
    rotated(): void;
    truncated(): void;
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

interface Followed {
  source: Source;
  path: string;
  reader: Reader;
  directory: string;
  /** When it last had something, of the monotonic clock. */
  active: number;
  looked: number;
  queued: boolean;
}

const turn = 64 * 1024;
const tickEvery = 100;
/** For so long a file is looked at with each tick after it had something; then inotify has to tell. */
const warm = 1000;
/** Milliseconds of reading after which others get their turn. */
const stretch = 10;

export function createPipeline(input: PipelineInput): Pipeline {
  const { name, sink, checkpoint, batchWait, log, on } = input;
  const followed = new Map<string, Followed>();
  const queue: Followed[] = [];
  const problems = new Map<string, string>();
  const touched = new Set<Followed>();
  const ended = new AbortController();
  const now = () => performance.now();
  const world = {
    ...input.limits,
    wall: Date.now,
    now,
    held: { bytes: 0, limit: 32 * 1024 * 1024 },
    count: input.count,
    buffer: Buffer.allocUnsafe(Math.max(input.limits.maxLine, 128 * 1024) + 16 * 1024),
    linger: input.linger,
    patience: input.patience,
    lost(_: string, bytes: number, path: string) {
      on.lost(bytes);
      log.warn('a file was gone before it was read to its end', { destination: name, path, bytes });
    },
    problem(path: string, error: Error | undefined) {
      if (error) {
        problems.set(path, error.message);
        log.warn('a file can not be read', { destination: name, path, error });
      } else if (problems.delete(path)) {
        log.info('a file can be read again', { destination: name, path });
      }
    },
    known: (ino: number) => checkpoint.known(ino),
    rotated: on.rotated,
    truncated: on.truncated,
  };

  let filling: Batch = sink.batch();
  let spare: Batch | undefined = sink.batch();
  let sending: Promise<void> | undefined;
  let full = false;
  let since = 0;
  let behindSince: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let soon = false;
  let turns = 0;
  let last = now();
  let followAgain = false;

  const enqueue = (one: Followed) => {
    if (one.queued) return;
    one.queued = true;
    queue.push(one);
    schedule();
  };
  const look = (one: Followed, time: number) => {
    one.looked = time;
    if (one.reader.look()) {
      if (time - one.active > warm) followAgain = true;
      one.active = time;
      enqueue(one);
    }
    if (one.reader.done) {
      touched.add(one);
      followed.delete(one.path);
      problems.delete(one.path);
    }
  };
  const schedule = () => {
    if (soon) return;
    soon = true;
    setImmediate(pump);
  };
  const commit = (marks: ReadonlyMap<string, Mark>) => {
    try {
      checkpoint.commit(marks);
    } catch (error) {
      log.error('offsets can not be written; after an end of the process lines will come twice', {
        destination: name,
        error,
      });
    }
  };
  const takeMarks = () => {
    const marks = new Map<string, Mark>();
    for (const { path, reader } of touched) marks.set(path, reader.mark());
    const gone = [...touched].filter(({ path, reader }) => reader.done && !followed.has(path));
    touched.clear();
    return { marks, gone: gone.map(({ path }) => path) };
  };
  const settle = ({ marks, gone }: ReturnType<typeof takeMarks>) => {
    if (marks.size > 0) commit(marks);
    for (const path of gone) if (!followed.has(path)) checkpoint.forget(path);
  };

  const send = () => {
    if (sending || !spare || filling.count === 0) return;
    const batch = filling;
    const marks = takeMarks();
    filling = spare;
    spare = undefined;
    full = false;
    clearTimeout(timer);
    timer = undefined;
    sending = deliver(batch).then(
      () => {
        on.acknowledged(batch.count);
        settle(marks);
        sending = undefined;
        batch.clear();
        spare = batch;
        schedule();
      },
      () => {
        sending = undefined;
      },
    );
  };
  /** A sink rejects after an abort only; if one does otherwise, it is asked again. */
  const deliver = async (batch: Batch) => {
    for (;;) {
      try {
        return await sink.send(batch, ended.signal);
      } catch (error) {
        ended.signal.throwIfAborted();
        log.error('a destination has failed', { destination: name, error });
        await sleep(1000, undefined, { signal: ended.signal });
      }
    }
  };
  const due = () => {
    timer = undefined;
    schedule();
  };
  const pump = () => {
    soon = false;
    if (ended.signal.aborted) return;
    const start = now();
    while (!full && queue.length > 0) {
      const one = queue.shift() as Followed;
      one.queued = false;
      const before = filling.count;
      const progress = one.reader.read(filling, turn);
      touched.add(one);
      if (before === 0 && filling.count > 0) since = now();
      if (progress !== 'dry') {
        one.queued = true;
        if (progress === 'more') queue.push(one);
        else queue.unshift(one);
      }
      if (progress === 'full') full = true;
      if (now() - start > stretch) break;
    }
    if (filling.count === 0) full = false;
    const wait = full ? 0 : batchWait - (now() - since);
    if (filling.count > 0 && !sending) {
      if (wait <= 0) send();
      else timer ??= setTimeout(due, Math.ceil(wait));
    }
    if (queue.length > 0 && !full) schedule();
  };

  const tick = () => {
    const time = now();
    last = time;
    turns++;
    for (const one of followed.values()) {
      const quiet = time - one.active;
      if (quiet > warm && quiet < warm + 3 * tickEvery) followAgain = true;
      const every = quiet <= warm ? 0 : bells.has(one.directory) ? 5000 : 1000;
      if (time - one.looked >= every) look(one, time);
    }
    if (followAgain) follow();
    if (filling.count === 0 && !sending && touched.size > 0) settle(takeMarks());
    behindSince = sending || filling.count > 0 || queue.length > 0 ? (behindSince ?? time) : undefined;
    if (turns % 50 === 0) {
      checkpoint.save().catch((error: unknown) => log.error('offsets are not saved', { destination: name, error }));
    }
  };
  /** Directories of quiet files are followed; one that is written to would ring with each line. */
  const follow = () => {
    followAgain = false;
    const time = now();
    const quiet = new Set<string>();
    for (const { directory, active } of followed.values()) if (time - active > warm) quiet.add(directory);
    const added = bells.follow(quiet);
    for (const one of followed.values()) if (added.has(one.directory)) look(one, time);
  };
  const bells = createBells((directory) => {
    const time = now();
    for (const one of followed.values()) if (one.directory === directory && time - one.looked > 1) look(one, time);
  }, log);
  const ticking = setInterval(tick, tickEvery);

  return {
    name,
    update(found, newSince) {
      const first = newSince === undefined && !checkpoint.found;
      const time = now();
      const begun = new Map<string, Mark>();
      for (const [path, source] of found.sources) {
        const one = followed.get(path);
        if (one) {
          one.source.attributes = source.attributes;
          one.reader.want(true);
          continue;
        }
        const mine: { reader?: Reader } = {};
        const isTaken = (dev: number, ino: number) => {
          for (const { reader } of followed.values()) if (reader !== mine.reader && reader.holds(dev, ino)) return true;
          return false;
        };
        const mark = checkpoint.get(path);
        const reader = createFollower(
          source,
          { ...world, isTaken },
          mark ? { path, mark } : { path, start: first ? input.start : 'beginning', since: newSince },
        );
        mine.reader = reader;
        const added: Followed = {
          source,
          path,
          reader,
          directory: dirname(path),
          active: -warm,
          looked: 0,
          queued: false,
        };
        followed.set(path, added);
        look(added, time);
        begun.set(path, reader.mark());
      }
      // That a file is known must outlive a kill before its first acknowledgement, or a rotation would hide it.
      if (begun.size > 0) commit(begun);
      // Where not all could be looked at, only what is not there any more is let go.
      const complete = found.problems.length === 0;
      for (const one of followed.values())
        if (!found.sources.has(one.path) && (complete || isGone(one.path))) one.reader.want(false);
      followAgain = true;
    },
    async finish(signal) {
      clearInterval(ticking);
      const time = now();
      for (const one of followed.values()) look(one, time);
      const over = () => queue.length === 0 && filling.count === 0 && !sending;
      const onAbort = () => ended.abort(signal.reason);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      if (input.forgetful) {
        for (const { reader } of followed.values()) {
          while (reader.read(filling, turn) === 'more');
          reader.flush(filling);
        }
        since = 0;
      }
      while (!over() && !ended.signal.aborted) {
        since = Math.min(since, now() - batchWait);
        pump();
        await (sending ?? new Promise((resolve) => setImmediate(resolve)));
      }
      signal.removeEventListener('abort', onAbort);
      if (over()) settle(takeMarks());
      await this.abort();
    },
    async abort() {
      clearInterval(ticking);
      clearTimeout(timer);
      ended.abort();
      await sending?.catch(() => undefined);
      bells.close();
      for (const { reader } of followed.values()) reader.close();
      await checkpoint.close();
      sink.close();
    },
    state() {
      let open = 0;
      let lag = 0;
      for (const { reader } of followed.values()) {
        open += reader.open;
        lag += reader.lag;
      }
      const behind = behindSince === undefined ? 0 : now() - behindSince;
      return { files: followed.size, open, lag, behind, problems: [...problems.values()], tick: now() - last };
    },
  };
}
