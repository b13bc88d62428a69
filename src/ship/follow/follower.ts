import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createAssembler } from './assembler.ts';
import { beginsAs, isUnread, refresh, type OpenFile } from './file.ts';
import { createFiles } from './files.ts';
import { createLines } from './lines.ts';
import { createNameless } from '../nameless.ts';
import type { FollowWorld, Progress, Reader, Start } from './reader.ts';
import type { Source } from '../record.ts';
import { siblingsOf } from './siblings.ts';
import type { Batch } from '../sink.ts';

/** Follows what is at a path, over rotations, truncations and times without a file. */
export function createFollower(
  source: Source,
  world: FollowWorld,
  { path = source.path, mark, start = 'beginning', since }: Start = {},
): Reader {
  const { now } = world;
  const assembler = createAssembler<OpenFile>(source, world);
  const files = createFiles(path, world, mark);
  const nameless = createNameless(files, path, world);
  const lines = createLines(assembler, world);
  let restored = false;
  let first = mark === undefined;
  let released = false;
  let missingSince: number | undefined;
  let directoryChanged = 0;
  let problem = '';
  let done = false;
  /** The batch had no room: there is more, whatever a look says. */
  let waiting = false;

  const tell = (error?: Error) => {
    const text = error?.message ?? '';
    if (text !== problem) world.problem(path, error);
    problem = text;
  };

  /** Opens what has come to stand at the path, or was put aside from there, since the last look. */
  const find = (time: number) => {
    if (!restored && mark) files.restore(mark.files);
    restored = true;
    const stat = statSync(path, { throwIfNoEntry: false });
    for (const file of files.all.slice()) {
      refresh(file, time);
      // Before the copy is taken for something that was missed.
      if (file.size < Math.max(file.offset, file.head[0]) && !file.copy && files.divert(file)) world.truncated();
    }
    const newest = files.all.at(-1);
    if (!stat) {
      missingSince ??= time;
      // Put aside again before it was seen under its own name.
      const changed = statSync(dirname(path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      const all = first || changed === directoryChanged || files.openMissed();
      directoryChanged = all ? changed : 0;
      if (first) files.horizon = since ?? world.wall();
      return;
    }
    missingSince = undefined;
    directoryChanged = 0;
    if (newest && newest.ino === stat.ino && newest.dev === stat.dev) return;
    if (first) files.horizon = since ?? Math.max(0, ...siblingsOf(path).map(({ mtime }) => mtime + 0.001));
    if (!files.openMissed()) return;
    if (newest) world.rotated();
    files.openCurrent(first ? start : 'beginning');
  };

  /** Closes what was read to its end, once it has not grown for a while. */
  const retire = (time: number) => {
    const { crowded } = files;
    const newest = files.all.at(-1);
    // What is held back may have parts in all files from its first on.
    const begun = files.all.find((file) => ([0, 1] as const).some((stream) => assembler.held(stream)?.file === file));
    for (const file of files.all) {
      if (file === begun) break;
      const aside = file !== newest || missingSince !== undefined || released;
      if (!aside || isUnread(file) || file.offset < file.size) continue;
      const still = time - file.grown >= world.linger && time - (missingSince ?? 0) >= world.linger;
      if (!still && !file.copy && !(crowded && file !== newest)) continue;
      files.shut(file);
    }
    if (released && files.all.length === 0) done = true;
  };

  const read = (batch: Batch, budget: number): Progress => {
    let left = budget;
    waiting = false;
    const time = now();
    for (let i = 0; i < files.all.length;) {
      const file = files.all[i] as OpenFile;
      const later = files.all[i + 1];
      // What comes later has been seen already; so what is read now is all that came before it.
      if (later) refresh(file, time);
      if (isUnread(file)) {
        const atStart = file.offset === 0;
        // Read again from its first byte after a restart: no bytes before it tell whether it was cut.
        const isOther = atStart && file.head[0] > 0 && !beginsAs(file, file.head);
        // Nothing tells that it was cut before anything was read of it, but the copy of what was there.
        const isNew = atStart && file.head[0] === 0 && !later && missingSince === undefined;
        if (isNew && files.openCopies(file)) continue;
        const { progress, taken } = isOther ? ({ progress: 'cut', taken: 0 } as const) : lines.read(file, batch, left);
        left -= taken;
        if (progress === 'cut') {
          world.truncated();
          waiting = true;
          if (!file.copy && files.divert(file)) continue;
          lines.startAnew(file, batch);
          if (file.copy) files.shut(file);
          continue;
        }
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
        if (!lines.rest(file, batch)) {
          waiting = true;
          return 'full';
        }
      }
      if (later && files.all.slice(i + 1).every((one) => one.size === 0 && !isUnread(one))) break;
      i++;
    }
    waiting = false;
    if (assembler.bytes > 0) assembler.flush(batch, time - world.patience);
    return 'dry';
  };

  return {
    look() {
      if (done) return false;
      const time = now();
      try {
        find(time);
        first = false;
        tell();
      } catch (error) {
        tell(error as Error);
      }
      nameless.giveUp(time);
      retire(time);
      return waiting || files.all.some(isUnread) || (released && !done) || assembler.bytes > 0;
    },
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
      return files.mark(([0, 1] as const).map((stream) => assembler.held(stream)));
    },
    flush: (batch) => assembler.flush(batch),
    want(wanted) {
      released = !wanted;
    },
    get done() {
      return done;
    },
    get lag() {
      return files.all.reduce((sum, file) => sum + Math.max(0, file.size - file.offset), 0);
    },
    holds: (dev, ino) => files.all.some((file) => file.ino === ino && file.dev === dev),
    get open() {
      return files.all.length;
    },
    close() {
      assembler.drop();
      files.close();
      nameless.close();
      done = true;
    },
  };
}
