import { dirname } from 'node:path';
import type { Log } from '../system/log.ts';
import { createBells } from './bell.ts';
import type { Counts } from './follow/assembler.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Reached } from './delivery.ts';
import type { Found } from './discover/discover.ts';
import { isGone } from './follow/look.ts';
import { createFollower } from './follow/follower.ts';
import type { FollowWorld, Mark, Reader } from './follow/reader.ts';
import type { Source } from './record.ts';

/** A path that is followed for one destination. */
export interface Followed {
  source: Source;
  path: string;
  reader: Reader;
  directory: string;
  /** When it last had something, of the monotonic clock. */
  active: number;
  looked: number;
  /** True while it waits to be read. */
  queued: boolean;
}

/** All paths that are followed for one destination: looked at when they may have something, by clock and by inotify. */
export interface FollowedPaths {
  readonly all: ReadonlyMap<string, Followed>;
  /** Those that were read, or have ended, since it was last asked. */
  readonly touched: Set<Followed>;
  /** By path, why it can't be read. */
  readonly problems: ReadonlyMap<string, string>;
  /** Follows what was found, and lets go what was not; returns marks of what is new. */
  update(found: Found, begin: { start: 'beginning' | 'end'; since: number | undefined }): ReadonlyMap<string, Mark>;
  /** Looks at one now. */
  look(one: Followed): void;
  /** Looks at those whose turn it is. */
  tick(): void;
  /** What is touched, as it is to be remembered. */
  reached(): Reached;
  close(): void;
}

export interface FollowedInput {
  counts(pattern: string): Counts;
  checkpoint: Pick<Checkpoint, 'get'>;
  log: Log;
  polling: boolean;
}

export const tickEvery = 100;
/** For so long a file is looked at with each tick after it had something; then inotify has to tell. */
const warm = 1000;

export function createFollowedPaths(
  world: Omit<FollowWorld, 'isTaken' | 'count'>,
  { counts, checkpoint, log, polling }: FollowedInput,
  onReadable: (one: Followed) => void,
): FollowedPaths {
  const { now } = world;
  const all = new Map<string, Followed>();
  const touched = new Set<Followed>();
  const problems = new Map<string, string>();
  let bellsChange = false;

  const look = (one: Followed, time = now()) => {
    one.looked = time;
    if (one.reader.look()) {
      if (time - one.active > warm) bellsChange = true;
      one.active = time;
      onReadable(one);
    }
    if (one.reader.done) {
      touched.add(one);
      all.delete(one.path);
      problems.delete(one.path);
    }
  };
  const bells = createBells(
    (directory) => {
      const time = now();
      for (const one of all.values()) if (one.directory === directory && time - one.looked > 1) look(one, time);
    },
    log,
    polling,
  );
  /** Directories of quiet files are followed; one that is written to would ring with each line. */
  const hangBells = () => {
    bellsChange = false;
    const time = now();
    const quiet = new Set<string>();
    for (const { directory, active } of all.values()) if (time - active > warm) quiet.add(directory);
    const added = bells.follow(quiet);
    for (const one of all.values()) if (added.has(one.directory)) look(one, time);
  };
  const add = (path: string, source: Source, start: 'beginning' | 'end', since: number | undefined) => {
    const mine: { reader?: Reader } = {};
    const isTaken = (dev: number, ino: number) => {
      for (const { reader } of all.values()) if (reader !== mine.reader && reader.holds(dev, ino)) return true;
      return false;
    };
    const mark = checkpoint.get(path);
    const problem = (path: string, error: Error | undefined) => {
      if (error) problems.set(path, error.message);
      else problems.delete(path);
      world.problem(path, error);
    };
    const mineOnly = { isTaken, problem, count: counts(source.pattern ?? '') };
    const reader = createFollower(source, { ...world, ...mineOnly }, mark ? { path, mark } : { path, start, since });
    mine.reader = reader;
    const one: Followed = {
      source,
      path,
      reader,
      directory: dirname(path),
      active: -warm,
      looked: 0,
      queued: false,
    };
    all.set(path, one);
    look(one);
    return reader.mark();
  };

  return {
    all,
    touched,
    problems,
    look,
    update({ sources, problems }, { start, since }) {
      const begun = new Map<string, Mark>();
      for (const [path, source] of sources) {
        const one = all.get(path);
        if (!one) begun.set(path, add(path, source, start, since));
        if (one) renew(one.source, source);
        one?.reader.want(true);
      }
      // Where not all could be looked at, only what is not there any more is let go.
      const complete = problems.length === 0;
      for (const { path, reader } of all.values())
        if (!sources.has(path) && (complete || isGone(path))) reader.want(false);
      bellsChange = true;
      return begun;
    },
    tick() {
      const time = now();
      for (const one of all.values()) {
        const quiet = time - one.active;
        if (quiet > warm && quiet < warm + 3 * tickEvery) bellsChange = true;
        const every = quiet <= warm ? 0 : bells.has(one.directory) ? 5000 : 1000;
        if (time - one.looked >= every) look(one, time);
      }
      if (bellsChange) hangBells();
    },
    reached() {
      const marks = new Map<string, Mark>();
      for (const { path, reader } of touched) marks.set(path, reader.mark());
      const gone = [...touched].filter(({ reader }) => reader.done);
      touched.clear();
      return { marks, gone: () => gone.flatMap(({ path }) => (all.has(path) ? [] : [path])) };
    },
    close() {
      bells.close();
      for (const { reader } of all.values()) reader.close();
    },
  };
}

/** Takes over what was found now. A name that was there stays the same object: records are on their way under it. */
function renew(source: Source, { attributes, multiline, names }: Source): void {
  Object.assign(source, { attributes, multiline });
  if (!names) return;
  const before = new Map(source.names?.map((name) => [name.path, name]));
  source.names = names.map((name) => Object.assign(before.get(name.path) ?? name, name));
}
