import { closeSync, readSync, statSync } from 'node:fs';
import { advance, isSame, isUnread, markOf, openFile, resume, type OpenFile } from './file.ts';
import type { FileMark, FollowWorld, Mark } from './reader.ts';
import { findMarked, siblingsOf } from './siblings.ts';

/** The files of one path that are held open, oldest first, and what is remembered of those that were. */
export interface Files {
  readonly all: readonly OpenFile[];
  /** True if no further ones are opened until the oldest are read. */
  readonly crowded: boolean;
  /** Milliseconds since 1970: what was put aside before has nothing to do with us. */
  horizon: number;
  /** Opens those that an earlier process has left unread. */
  restore(marks: readonly FileMark[]): void;
  /** Opens what was put aside and not read, after what is held. Returns false if not all could be opened now. */
  openMissed(): boolean;
  /** Opens what is at the path. */
  openCurrent(from: 'beginning' | 'end'): void;
  shut(file: OpenFile): void;
  /** Where to go on, by the first line of each stream that is held back. */
  mark(held: readonly ({ file: OpenFile; offset: number } | undefined)[]): Mark;
  close(): void;
}

const pastKept = 8;
/** The same while the process lives: files that were put aside within one tick of the kernel's clock are told apart by it. */
const pastHeld = 32;
/** The most files of one path that are held open; further ones wait on disk until the oldest are read. */
const filesKept = 16;
/** At the end of a file so much is looked through for the last newline. */
const lastPart = 128 * 1024;

export function createFiles(path: string, world: FollowWorld, mark?: Mark): Files {
  const { now } = world;
  let all: OpenFile[] = [];
  let past: Mark['past'] = mark?.past ?? [];
  let horizon = mark?.horizon ?? 0;

  /** Goes on where reading of this file has ended before, under this name or another. */
  const pickUp = (file: OpenFile) => {
    const marks = [...(world.known?.(file.ino) ?? []), ...past.toReversed()];
    return marks.some((mark) => mark.head[0] > 0 && isSame(file, mark) && resume(file, mark));
  };
  const skipToEnd = (file: OpenFile) => {
    const from = Math.max(0, file.size - lastPart);
    const length = readSync(file.fd, world.buffer, 0, Math.min(lastPart, file.size - from), from);
    const end = world.buffer.subarray(0, length).lastIndexOf(10) + 1;
    file.offset = from;
    advance(file, world.buffer, end, end);
    file.skip = [file.offset, file.offset];
  };

  return {
    get all() {
      return all;
    },
    get crowded() {
      return all.length >= filesKept;
    },
    get horizon() {
      return horizon;
    },
    set horizon(time) {
      horizon = time;
    },
    restore(marks) {
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
        all.push(file);
      }
    },
    openMissed() {
      const since = Math.max(horizon, all.at(-1)?.mtime ?? 0);
      for (const { path: aside, ino, dev, mtime } of siblingsOf(path)) {
        if (mtime < since || all.some((file) => file.ino === ino && file.dev === dev)) continue;
        if (all.length >= filesKept) return false;
        const file = openFile(aside, now());
        const finished = pickUp(file) && file.offset === file.size;
        if (finished || world.isTaken(dev, ino)) closeSync(file.fd);
        else all.push(file);
      }
      return all.length < filesKept;
    },
    openCurrent(from) {
      const file = openFile(path, now());
      const same = all.some((one) => one.ino === file.ino && one.dev === file.dev);
      if (same || world.isTaken(file.dev, file.ino)) return closeSync(file.fd);
      pickUp(file);
      if (from === 'end') skipToEnd(file);
      all.push(file);
    },
    shut(file) {
      past = [...past, markOf(file, [file.offset, file.offset])].slice(-pastHeld);
      horizon = Math.max(horizon, file.mtime);
      closeSync(file.fd);
      all = all.filter((one) => one !== file);
    },
    mark(held) {
      const fresh: FileMark[] = [];
      const finished: FileMark[] = [];
      let since = horizon;
      all.forEach((file, index) => {
        const from = held.map((place, stream) => {
          const at = place ? all.indexOf(place.file) : -1;
          const taken = Math.max(file.offset, file.skip[stream as 0 | 1]);
          if (!place || index < at || at < 0) return taken;
          return index === at ? place.offset : 0;
        }) as [number, number];
        const whole = !isUnread(file) && file.offset === file.size && from.every((at) => at === file.offset);
        const done = whole && index < all.length - 1 && fresh.length === 0;
        (done ? finished : fresh).push(markOf(file, from));
        if (done) since = Math.max(since, file.mtime);
      });
      return { files: fresh, past: [...past, ...finished].slice(-pastKept), horizon: since };
    },
    close() {
      for (const file of all) closeSync(file.fd);
      all = [];
    },
  };
}
