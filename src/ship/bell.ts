import { watch, type FSWatcher } from 'node:fs';
import type { Log } from '../system/log.ts';

/**
 * Follows directories as they are wanted, by inotify. What it tells is a hint to look, and looks go on without it: a
 * directory that can't be followed is polled like all.
 */
export interface Bells {
  /** Replaces the set of directories; returns those that are new, in which something may just have been missed. */
  follow(directories: ReadonlySet<string>): ReadonlySet<string>;
  has(directory: string): boolean;
  close(): void;
}

/** With `polling` it stays silent. */
export function createBells(ring: (directory: string) => void, log: Log, polling: boolean): Bells {
  const watchers = new Map<string, FSWatcher>();
  let refused = false;
  const drop = (directory: string) => {
    watchers.get(directory)?.close();
    watchers.delete(directory);
  };
  return {
    follow(directories) {
      const added = new Set<string>();
      for (const directory of watchers.keys()) if (!directories.has(directory)) drop(directory);
      for (const directory of polling ? [] : directories) {
        if (watchers.has(directory)) continue;
        try {
          const watcher = watch(directory, { persistent: false }, () => ring(directory));
          watcher.on('error', () => drop(directory));
          watchers.set(directory, watcher);
          added.add(directory);
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if ((code === 'ENOSPC' || code === 'EMFILE') && !refused) {
            refused = true;
            log.warn('no more directories can be followed by inotify; files there are polled', { error });
          }
        }
      }
      return added;
    },
    has: (directory) => watchers.has(directory),
    close() {
      for (const directory of watchers.keys()) drop(directory);
    },
  };
}
