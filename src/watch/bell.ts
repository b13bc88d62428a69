import { stat } from 'node:fs/promises';
import { watch as chokidarWatch, type FSWatcher } from 'chokidar';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import type { Roots } from './scan.ts';
import type { Bell } from './watch.ts';

export interface BellInput {
  roots: Roots;
  /** Milliseconds between polls. */
  interval: number;
  ring(source: string): void;
  log: Log;
  metrics: Pick<Metrics, 'discoveryMode'>;
  watch?: typeof chokidarWatch;
  timings?: Partial<typeof defaults>;
}

/** Milliseconds: the poll without inotify, the wait before inotify is tried again, how long a directory is followed. */
const defaults = { fallback: 1000, again: 300_000, patience: 30_000 };

/**
 * Rings when something may have changed on disk. Watched are only directories in which no log line is written: Docker's
 * and the links' top directories, the pods' and each pod's, and for a time a new container's own. A poll runs
 * underneath, always, since inotify can lose events without a word; if inotify fails, the poll does alone, and faster.
 */
export function createBell({ roots, interval, ring, log, metrics, watch = chokidarWatch, timings }: BellInput): Bell {
  const { fallback, again, patience } = { ...defaults, ...timings };
  const followed = new Map<string, { watcher?: FSWatcher; until: number }>();
  let top: FSWatcher[] = [];
  let inodes = '';
  let brokenUntil = 0;
  let closed = false;
  let timer: NodeJS.Timeout;

  const open = (path: string, depth: number) => {
    const watcher = watch(path, { depth, ignoreInitial: true, followSymlinks: false, ignorePermissionErrors: true });
    // The ring when it is ready stands for all that happened while it was made.
    watcher.on('ready', () => ring('inotify')).on('all', () => ring('inotify'));
    watcher.on('error', (error) => void fail(error));
    return watcher;
  };
  const closeAll = async () => {
    const watchers = [...top, ...[...followed.values()].flatMap(({ watcher }) => watcher ?? [])];
    top = [];
    followed.clear();
    await Promise.all(watchers.map((watcher) => watcher.close()));
  };
  const fail = async (error: unknown) => {
    if (brokenUntil > 0 || closed) return;
    brokenUntil = Date.now() + again;
    log.warn('inotify is not to be had; polling goes on alone', {
      error,
      seconds: Math.min(interval, fallback) / 1000,
      remedy: 'raise fs.inotify.max_user_watches or fs.inotify.max_user_instances on the node',
    });
    tellMode();
    schedule();
    await closeAll();
  };
  const tellMode = () => {
    metrics.discoveryMode.set({ mode: 'inotify' }, brokenUntil > 0 ? 0 : 1);
    metrics.discoveryMode.set({ mode: 'polling' }, brokenUntil > 0 ? 1 : 0);
  };

  const openTop = async () => {
    const now = await identify([roots.containers, roots.pods, roots.links]);
    if (closed || now === inodes) return;
    inodes = now;
    await closeAll();
    for (const path of [roots.containers, roots.links]) if (path) top.push(open(path, 0));
    if (roots.pods) top.push(open(roots.pods, 1));
  };
  const poll = async () => {
    if (brokenUntil > 0 && Date.now() >= brokenUntil) {
      brokenUntil = 0;
      inodes = '';
      tellMode();
    }
    if (brokenUntil === 0) await openTop();
    if (!closed) ring('poll');
  };
  const schedule = () => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => void poll().finally(schedule), brokenUntil > 0 ? Math.min(interval, fallback) : interval);
  };

  tellMode();
  void openTop();
  schedule();
  return {
    follow(directories) {
      if (closed) return;
      const now = Date.now();
      for (const [path, one] of followed) {
        const due = directories.includes(path) && now < one.until;
        if (due) continue;
        void one.watcher?.close();
        // One that has been followed in vain is remembered as long as it is there, so that it isn't followed again.
        if (directories.includes(path)) followed.set(path, { until: one.until });
        else followed.delete(path);
      }
      for (const path of directories) {
        if (brokenUntil > 0 || followed.has(path)) continue;
        followed.set(path, { watcher: open(path, 0), until: now + patience });
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await closeAll();
    },
  };
}

/** Differs when one of the directories comes, goes or is replaced, as by a mount. */
async function identify(paths: readonly (string | undefined)[]): Promise<string> {
  const inode = async (path: string | undefined) => {
    if (path === undefined) return '';
    try {
      const { dev, ino } = await stat(path);
      return `${dev}:${ino}`;
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  };
  return (await Promise.all(paths.map(inode))).join();
}
