import { closeSync, statSync } from 'node:fs';
import { isCopy, isSame, markOf, openFile, openThere, resume, skipToEnd, unread, type OpenFile } from './file.ts';
import { marksOf, type HeldBack } from './marks.ts';
import type { FileMark, FollowWorld, Mark } from './reader.ts';
import { findCopy, findMarked, siblingsOf, type Sibling } from './siblings.ts';

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
  /**
   * Opens the copies that were made of the file at the path before it was cut, as far as nothing was read of what is in
   * them, before it. Returns true if there are any.
   */
  openCopies(current: OpenFile): boolean;
  /** Opens what is at the path. */
  openCurrent(from: 'beginning' | 'end'): void;
  shut(file: OpenFile): void;
  /**
   * Makes of a file that was cut the copy that was made of it before, and puts the cut one behind it. Returns false if
   * there is no copy, or none with more than was read.
   */
  divert(file: OpenFile): boolean;
  /** Where to go on, by the first line of each stream that is held back. */
  mark(held: HeldBack): Mark;
  close(): void;
}

const namesOf = (siblings: readonly Sibling[]) => siblings.map(({ path, ino }) => `${path} ${ino}`).join();

const pastKept = 8;
/** The same while the process lives: files that were put aside within one tick of the kernel's clock are told apart by it. */
const pastHeld = 32;
/** The most files of one path that are held open; further ones wait on disk until the oldest are read. */
const filesKept = 16;

export function createFiles(path: string, world: FollowWorld, mark?: Mark): Files {
  const { now } = world;
  let all: OpenFile[] = [];
  let past: Mark['past'] = mark?.past ?? [];
  let horizon = mark?.horizon ?? 0;

  /** Goes on where reading of this file has ended before, under this name or another. */
  const pickUp = (file: OpenFile) => {
    const marks = [...(world.known?.(file.ino) ?? []), ...past];
    // Of several the farthest: it may have been let go and taken up again.
    marks.sort((a, b) => b.offset - a.offset);
    return marks.some((mark) => mark.head[0] > 0 && isSame(file, mark) && resume(file, mark));
  };
  const isHeld = ({ ino, dev }: Sibling) => all.some((file) => file.ino === ino && file.dev === dev);
  /** Opens a file that was put aside, where reading has ended in it; nothing if it is known to its end, or a copy of another. */
  const openUnread = (sibling: Sibling, others: readonly OpenFile[]) => {
    const file = openThere(sibling.path, now());
    if (!file) return undefined;
    const known = (pickUp(file) && file.offset === file.size) || others.some((other) => isCopy(file, other));
    if (!known && !world.isTaken(file.dev, file.ino)) return file;
    closeSync(file.fd);
    return undefined;
  };
  /** The copy of a file that was cut, where reading has ended in it; nothing where it holds no more than was read. */
  const takeCopy = (siblings: readonly Sibling[], mark: FileMark) => {
    const isRead = (file: OpenFile) => past.some((one) => one.offset === file.size && isSame(file, one));
    const recent = siblings.filter(({ mtime }) => mtime >= horizon);
    const copy = findCopy(recent, mark, isRead, now());
    if (!copy) return undefined;
    if (resume(copy, mark)) return Object.assign(copy, { copy: true });
    // It ends before: nothing of it is new.
    if (copy.size < mark.offset) shut(Object.assign(copy, { offset: copy.size }));
    else closeSync(copy.fd);
    return undefined;
  };
  const shut = (file: OpenFile) => {
    if (file.offset > 0) past = [...past, markOf(file, [file.offset, file.offset])].slice(-pastHeld);
    horizon = Math.max(horizon, file.mtime);
    closeSync(file.fd);
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
      if (stat?.isFile()) siblings.push({ path, ino: stat.ino, dev: stat.dev, size: stat.size, mtime: stat.mtimeMs });
      for (const one of marks) {
        // An inode alone is no identity: of what nothing was read, the place among the others decides.
        if (one.head[0] === 0 || all.some(({ ino }) => ino === one.ino)) continue;
        const file = findMarked(siblings, one, now());
        const taken = file !== undefined && world.isTaken(file.dev, file.ino);
        const whole = file && !taken && resume(file, one);
        const copy = whole || taken ? undefined : takeCopy(siblings, one);
        if (copy) all.push(copy);
        if (file && !taken) all.push(file);
        if (taken) closeSync(file.fd);
        else if (!whole && (file || copy)) world.truncated();
        else if (!whole) world.lost('gone', 0, path);
      }
    },
    openMissed() {
      const since = Math.max(horizon, all.at(-1)?.mtime ?? 0);
      const current = openThere(path, now());
      try {
        for (const sibling of siblingsOf(path)) {
          if (sibling.mtime < since || isHeld(sibling)) continue;
          if (all.length >= filesKept) return false;
          const file = openUnread(sibling, current ? [...all, current] : all);
          if (file) all.push(file);
        }
      } finally {
        if (current) closeSync(current.fd);
      }
      return all.length < filesKept;
    },
    openCopies(current) {
      const siblings = siblingsOf(path).filter((one) => one.mtime >= horizon && !isHeld(one));
      if (siblings.length === 0) return false;
      // After they were listed, or what has come after it might be among them.
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.ino !== current.ino || stat.dev !== current.dev) return false;
      let opened = false;
      for (const sibling of siblings) {
        if (sibling.size === 0) continue;
        const copy = openUnread(sibling, all);
        if (!copy) continue;
        all.splice(all.indexOf(current), 0, Object.assign(copy, { copy: true }));
        opened = true;
      }
      return opened;
    },
    openCurrent(from) {
      const file = openFile(path, now());
      const same = all.some((one) => one.ino === file.ino && one.dev === file.dev);
      if (same || world.isTaken(file.dev, file.ino)) return closeSync(file.fd);
      pickUp(file);
      if (from === 'end') skipToEnd(file, world.buffer);
      all.push(file);
    },
    shut(file) {
      shut(file);
      all = all.filter((one) => one !== file);
    },
    divert(file) {
      const mark = markOf(file, [file.offset, file.offset]);
      let siblings = siblingsOf(path);
      let copy = takeCopy(siblings, mark);
      // A rotation that goes on at this moment gives other names; a copy that is missed now would be read as a new one.
      for (let tries = 0; !copy && tries < 5; tries += 1) {
        const before = namesOf(siblings);
        siblings = siblingsOf(path);
        if (namesOf(siblings) === before) break;
        copy = takeCopy(siblings, mark);
      }
      if (!copy) return false;
      const cut = { ...file, ...unread() };
      const { fd, dev, ino, size, mtime, gone, birth, grown } = copy;
      // What is held back of it stands in the copy at the same place.
      Object.assign(file, { fd, dev, ino, size, mtime, gone, birth, grown, copy: true, seen: unread().seen });
      all.splice(all.indexOf(file) + 1, 0, cut);
      return true;
    },
    mark(held) {
      const { fresh, finished, since } = marksOf(all, held);
      return { files: fresh, past: [...past, ...finished].slice(-pastKept), horizon: Math.max(horizon, since) };
    },
    close() {
      for (const file of all) closeSync(file.fd);
      all = [];
    },
  };
}
