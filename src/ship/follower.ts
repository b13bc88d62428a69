import { isUtf8 } from 'node:buffer';
import { closeSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createAssembler, boundary, type Limits } from './assembler.ts';
import { advance, isSame, isUnread, markOf, openFile, refresh, resume, tailLength, type OpenFile } from './file.ts';
import type { FileMark, Mark, Progress, Reader } from './reader.ts';
import type { Source } from './record.ts';
import { findMarked, siblingsOf } from './siblings.ts';
import type { Batch } from './sink.ts';

/** What all followers of a destination share. */
export interface FollowWorld extends Limits {
  /** Read into and forgotten at each call; it takes at least the greatest line and 8 KiB. */
  buffer: Buffer;
  /** Milliseconds for which a file that was put aside or deleted may still grow. */
  linger: number;
  /** Milliseconds after which the beginning of a line is taken for all of it. */
  patience: number;
  /** Something is lost for good: bytes of a file that is gone. */
  lost(reason: 'gone', bytes: number, path: string): void;
  /** Told once for each change of state; undefined is well. */
  problem(path: string, error: Error | undefined): void;
  /** True if another path has this file already. */
  isTaken(dev: number, ino: number): boolean;
  /** Where reading of a file ended that is known by another name. */
  known?(ino: number): readonly FileMark[];
  rotated(): void;
  truncated(): void;
}

/** The most bytes that are asked for at once, unless a line is longer. */
const chunk = 128 * 1024;
const pastKept = 8;
/** The same while the process lives: files that were put aside within one tick of the kernel's clock are told apart by it. */
const pastHeld = 32;
/** The most files of one path that are held open; further ones wait on disk until the oldest are read. */
const filesKept = 16;

export interface Start {
  /** Where the file is, if its source tells it by another name. */
  path?: string;
  /** Where an earlier process ended; the rest has no meaning then. */
  mark?: Mark;
  /** Where a file that stands there is begun. */
  start?: 'beginning' | 'end';
  /** Milliseconds since 1970: what was put aside after it belongs to the log; nothing does, if not given. */
  since?: number;
}

/** Follows what is at a path, over rotations, truncations and times without a file. */
export function createFollower(
  source: Source,
  world: FollowWorld,
  { path = source.path, mark, start = 'beginning', since }: Start = {},
): Reader {
  const { buffer, now } = world;
  const assembler = createAssembler<OpenFile>(source, world);
  let files: OpenFile[] = [];
  let past: Mark['past'] = mark?.past ?? [];
  let horizon = mark?.horizon ?? 0;
  let restored = false;
  let first = mark === undefined;
  let released = false;
  let missingSince: number | undefined;
  let directoryChanged = 0;
  let problem = '';
  let done = false;
  /** The batch had no room: there is more, whatever a look says. */
  let waiting = false;
  /** The file within whose line, too long to be held, reading stands. */
  let inPieces: OpenFile | undefined;

  const tell = (error?: Error) => {
    const text = error?.message ?? '';
    if (text !== problem) world.problem(path, error);
    problem = text;
  };
  const shut = (file: OpenFile) => {
    past = [...past, markOf(file, [file.offset, file.offset])].slice(-pastHeld);
    horizon = Math.max(horizon, file.mtime);
    closeSync(file.fd);
    files = files.filter((one) => one !== file);
  };
  /** Goes on where reading of this file has ended before, under this name or another. */
  const pickUp = (file: OpenFile) => {
    const marks = [...(world.known?.(file.ino) ?? []), ...past.toReversed()];
    return marks.some((mark) => mark.head[0] > 0 && isSame(file, mark) && resume(file, mark));
  };

  /** What was put aside and not read, after what is held. Returns false if not all could be opened now. */
  const openMissed = (): boolean => {
    const newest = files.at(-1);
    const since = Math.max(horizon, newest?.mtime ?? 0);
    for (const { path: aside, ino, dev, mtime } of siblingsOf(path)) {
      if (mtime < since || files.some((file) => file.ino === ino && file.dev === dev)) continue;
      if (files.length >= filesKept) return false;
      const file = openFile(aside, now());
      const finished = pickUp(file) && file.offset === file.size;
      if (finished || world.isTaken(dev, ino)) closeSync(file.fd);
      else files.push(file);
    }
    return files.length < filesKept;
  };
  const openCurrent = () => {
    const file = openFile(path, now());
    const same = files.some((one) => one.ino === file.ino && one.dev === file.dev);
    if (same || world.isTaken(file.dev, file.ino)) return closeSync(file.fd);
    pickUp(file);
    if (first && start === 'end') skipToEnd(file);
    files.push(file);
  };
  const skipToEnd = (file: OpenFile) => {
    const from = Math.max(0, file.size - chunk);
    const length = readSync(file.fd, buffer, 0, Math.min(chunk, file.size - from), from);
    const end = buffer.subarray(0, length).lastIndexOf(10) + 1;
    file.offset = from;
    advance(file, buffer, end, end);
    file.skip = [file.offset, file.offset];
  };
  const restore = (marks: readonly FileMark[]) => {
    const siblings = [...siblingsOf(path)];
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile()) siblings.push({ path, ino: stat.ino, dev: stat.dev, mtime: stat.mtimeMs });
    for (const one of marks) {
      // An inode alone is no identity: of what nothing was read, the place among the others decides.
      if (one.head[0] === 0) continue;
      const file = findMarked(siblings, one, now());
      if (!file || world.isTaken(file.dev, file.ino)) {
        if (file) closeSync(file.fd);
        else world.lost('gone', 0, path);
        continue;
      }
      if (!resume(file, one)) world.truncated();
      files.push(file);
    }
  };

  const look = () => {
    if (done) return false;
    const time = now();
    try {
      if (!restored && mark) restore(mark.files);
      restored = true;
      const stat = statSync(path, { throwIfNoEntry: false });
      for (const file of files) refresh(file, time);
      const newest = files.at(-1);
      if (!stat) {
        missingSince ??= time;
        // Put aside again before it was seen under its own name.
        const changed = statSync(dirname(path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
        const all = first || changed === directoryChanged || openMissed();
        directoryChanged = all ? changed : 0;
      } else {
        missingSince = undefined;
        directoryChanged = 0;
        if (!newest || newest.ino !== stat.ino || newest.dev !== stat.dev) {
          if (first) horizon = since ?? Math.max(0, ...siblingsOf(path).map(({ mtime }) => mtime + 0.001));
          if (openMissed()) {
            if (newest) world.rotated();
            openCurrent();
          }
        }
      }
      if (first && !stat) horizon = since ?? world.wall();
      first = false;
      tell();
    } catch (error) {
      tell(error as Error);
    }
    retire(time);
    return waiting || files.some(isUnread) || (released && !done) || assembler.bytes > 0;
  };

  /** Closes what was read to its end, once it has not grown for a while. */
  const retire = (time: number) => {
    const crowded = files.length >= filesKept;
    for (const file of files) {
      const aside = file !== files.at(-1) || missingSince !== undefined || released;
      if (!aside || isUnread(file) || file.offset < file.size) continue;
      if (
        !(crowded && file !== files.at(-1)) &&
        (time - file.grown < world.linger || time - (missingSince ?? 0) < world.linger)
      )
        continue;
      if (([0, 1] as const).some((stream) => assembler.held(stream)?.file === file)) continue;
      shut(file);
    }
    if (released && files.length === 0) done = true;
  };

  /** A file that holds something else than what was read of it: from its beginning. */
  const startAnew = (file: OpenFile, batch: Batch) => {
    world.truncated();
    if (inPieces === file) {
      assembler.piece(buffer, 0, 0, file, file.offset, true, batch);
      inPieces = undefined;
    }
    assembler.flush(batch);
    const fresh: Partial<OpenFile> = { offset: 0, skip: [0, 0], head: [0, 0], tail: Buffer.alloc(0) };
    Object.assign(file, fresh, { seen: { size: 0, mtime: 0 } });
  };

  /** Reads lines of one file. */
  const readFile = (file: OpenFile, batch: Batch, budget: number): { progress: Progress; taken: number } => {
    const before = file.tail.length;
    let want = Math.min(buffer.length, Math.max(chunk, before + 1));
    let got = readSync(file.fd, buffer, 0, want, file.offset - before);
    if (got < before || !buffer.subarray(0, before).equals(file.tail)) {
      startAnew(file, batch);
      return { progress: 'more', taken: 0 };
    }
    let last = buffer.subarray(0, got).lastIndexOf(10);
    if (last < before && got === want && want < buffer.length) {
      want = buffer.length;
      got = readSync(file.fd, buffer, 0, want, file.offset - before);
      last = buffer.subarray(0, got).lastIndexOf(10);
    }
    const view = buffer.subarray(0, got);
    let start = before;
    // Bytes behind a hole: the writer went on at its old place after the file was cut.
    if (file.offset === 0 && view[0] === 0) while (start < got && view[start] === 0) start++;
    const valid = last < start || isUtf8(view.subarray(start, last));
    let progress: Progress = got === want ? 'more' : 'dry';
    const stop = Math.min(got, before + budget);
    while (start <= last) {
      const end = view.indexOf(10, start);
      if (!batch.room(end - start + assembler.bytes)) {
        progress = 'full';
        break;
      }
      if (inPieces === file) {
        assembler.piece(view, start, end, file, file.offset + start - before, true, batch);
        inPieces = undefined;
      } else {
        assembler.take(view, start, end, file, file.offset + start - before, valid, batch);
      }
      start = end + 1;
      if (start >= stop && start <= last) {
        progress = 'more';
        break;
      }
    }
    if (last < before && got === want && want === buffer.length) {
      const end = boundary(view, start, got - tailLength);
      if (batch.room(end - start + assembler.bytes)) {
        assembler.piece(view, start, end, file, file.offset + start - before, false, batch);
        inPieces = file;
        start = end;
        progress = 'more';
      } else {
        progress = 'full';
      }
    }
    const taken = start - before;
    if (taken > 0) advance(file, view, start, taken);
    if (progress === 'dry') file.seen = { size: file.offset + got - start, mtime: file.mtime };
    return { progress, taken };
  };

  /** The rest of a file that ends without a newline and grows no more. */
  const takeRest = (file: OpenFile, batch: Batch): boolean => {
    const length = Math.min(file.size - file.offset, buffer.length);
    if (!batch.room(length + assembler.bytes)) return false;
    const got = readSync(file.fd, buffer, 0, length, file.offset);
    if (inPieces === file) assembler.piece(buffer, 0, got, file, file.offset, true, batch);
    else assembler.take(buffer, 0, got, file, file.offset, false, batch);
    if (inPieces === file) inPieces = undefined;
    advance(file, buffer, got, got);
    file.seen = { size: file.offset, mtime: file.mtime };
    return true;
  };

  const read = (batch: Batch, budget: number): Progress => {
    let left = budget;
    waiting = false;
    const time = now();
    for (let i = 0; i < files.length;) {
      const file = files[i] as OpenFile;
      const later = files[i + 1];
      // What comes later has been seen already; so what is read now is all that came before it.
      if (later) refresh(file, time);
      if (isUnread(file)) {
        const { progress, taken } = readFile(file, batch, left);
        left -= taken;
        if (progress === 'full') waiting = true;
        if (progress === 'full' || (progress === 'more' && left <= 0)) return progress;
        if (progress === 'more') {
          waiting = true;
          continue;
        }
      }
      const ended = later !== undefined || missingSince !== undefined || released;
      if (ended && file.offset < file.size) {
        if (time - file.grown < world.patience) break;
        if (!takeRest(file, batch)) {
          waiting = true;
          return 'full';
        }
      }
      if (later && files.slice(i + 1).every(({ size }) => size === 0)) break;
      i++;
    }
    waiting = false;
    if (assembler.bytes > 0) assembler.flush(batch, time - world.patience);
    return 'dry';
  };

  return {
    look,
    read(batch, budget) {
      try {
        return read(batch, budget);
      } catch (error) {
        tell(error as Error);
        return 'dry';
      }
    },
    mark() {
      if (!restored && mark) return mark;
      const held = ([0, 1] as const).map((stream) => assembler.held(stream));
      const fresh: FileMark[] = [];
      const finished: FileMark[] = [];
      let since = horizon;
      files.forEach((file, index) => {
        const from = held.map((place, stream) => {
          const at = place ? files.indexOf(place.file) : -1;
          const taken = Math.max(file.offset, file.skip[stream as 0 | 1]);
          if (!place || index < at || at < 0) return taken;
          return index === at ? place.offset : 0;
        }) as [number, number];
        const whole = !isUnread(file) && file.offset === file.size && from.every((at) => at === file.offset);
        const done = whole && index < files.length - 1 && fresh.length === 0;
        (done ? finished : fresh).push(markOf(file, from));
        if (done) since = Math.max(since, file.mtime);
      });
      return { files: fresh, past: [...past, ...finished].slice(-pastKept), horizon: since };
    },
    flush: (batch) => assembler.flush(batch),
    want(wanted) {
      released = !wanted;
    },
    get done() {
      return done;
    },
    get lag() {
      return files.reduce((sum, file) => sum + Math.max(0, file.size - file.offset), 0);
    },
    holds: (dev, ino) => files.some((file) => file.ino === ino && file.dev === dev),
    get open() {
      return files.length;
    },
    close() {
      assembler.drop();
      for (const file of files) closeSync(file.fd);
      files = [];
      done = true;
    },
  };
}
