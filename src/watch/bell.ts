import { statSync, type Stats } from 'node:fs';
import { watch as chokidarWatch, type FSWatcher } from 'chokidar';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import type { Roots } from './scan.ts';
import type { Bell } from './watch.ts';

export interface BellInput {
  roots: Roots;
  /** Milliseconds between polls. */
  interval: number;
  /** `inotify`: something happened. `poll`: the interval is over. `polling`: without inotify, it is time to look. */
  ring(source: 'inotify' | 'poll' | 'polling'): void;
  log: Log;
  metrics: Pick<Metrics, 'discoveryMode'>;
  watch?: typeof chokidarWatch;
  timings?: Partial<typeof defaults>;
}

/** Milliseconds: the poll without inotify, the wait before inotify is tried again, how long a directory is followed. */
const defaults = { fallback: 1000, again: 300_000, patience: 30_000 };

interface Top {
  path: string;
  depth: number;
  /** What is watched; differs when the directory comes, goes or is replaced, as by a mount. */
  inode?: string;
  watcher?: FSWatcher;
  ready?: boolean;
}

/**
 * Rings when something may have changed on disk. Watched are only directories in which no log line is written: Docker's
 * and the links' top directories, the pods' and each pod's, and for a time a new container's own. A poll runs
 * underneath, always, since inotify can lose events without a word; if inotify fails, the poll does alone, and faster.
 */
export function createBell({ roots, interval, ring, log, metrics, watch = chokidarWatch, timings }: BellInput): Bell {
  const { fallback, again, patience } = { ...defaults, ...timings };
  const tops: Top[] = [[roots.containers, 0] as const, [roots.links, 0] as const, [roots.pods, 1] as const].flatMap(
    ([path, depth]) => (path === undefined ? [] : { path, depth }),
  );
  const followed = new Map<string, { watcher?: FSWatcher; until: number }>();
  const closing = new Set<Promise<void>>();
  let mode: 'inotify' | 'polling' = 'inotify';
  /** Whether watches are made: always with inotify, and now and then without, to see whether it is back. */
  let watching = true;
  let tryAt = 0;
  let waited = 0;
  let closed = false;
  let timer: NodeJS.Timeout;

  const open = (path: string, depth: number, onReady?: () => void) => {
    const options = { depth, ignoreInitial: true, followSymlinks: false, ignorePermissionErrors: true, atomic: false };
    const watcher = unswayed(() => watch(path, options));
    // The ring when it is ready stands for all that happened while it was made.
    watcher.on('ready', () => {
      onReady?.();
      ring('inotify');
    });
    watcher.on('all', (event, path, stats) => {
      if (!isLogLine(event, path, stats)) ring('inotify');
    });
    watcher.on('error', fail);
    return watcher;
  };
  const shut = (watcher: FSWatcher | undefined) => {
    if (!watcher) return;
    const end = watcher.close().finally(() => closing.delete(end));
    closing.add(end);
  };
  const shutAll = () => {
    for (const top of tops) {
      shut(top.watcher);
      delete top.watcher;
      delete top.inode;
    }
    for (const { watcher } of followed.values()) shut(watcher);
    followed.clear();
  };

  const watchTops = () => {
    if (closed || !watching) return;
    for (const top of tops) {
      const inode = inodeOf(top.path);
      if (inode === top.inode) continue;
      shut(top.watcher);
      Object.assign(top, { inode, ready: false, watcher: undefined });
      if (inode === undefined) continue;
      top.watcher = open(top.path, top.depth, () => {
        top.ready = true;
        if (mode === 'polling' && tops.every(({ watcher, ready }) => !watcher || ready)) turn('inotify');
      });
    }
  };
  const fail = (error: unknown) => {
    if (closed || !watching) return;
    watching = false;
    tryAt = performance.now() + again;
    shutAll();
    if (mode === 'polling') return;
    log.warn('inotify is not to be had; polling goes on alone', {
      error,
      seconds: Math.min(interval, fallback) / 1000,
      remedy: 'raise fs.inotify.max_user_watches or fs.inotify.max_user_instances on the node',
    });
    turn('polling');
  };
  const turn = (to: typeof mode) => {
    if (mode !== to && to === 'inotify') log.info('inotify is back');
    mode = to;
    metrics.discoveryMode.set({ mode: 'inotify' }, mode === 'inotify' ? 1 : 0);
    metrics.discoveryMode.set({ mode: 'polling' }, mode === 'polling' ? 1 : 0);
    schedule();
  };

  const schedule = () => {
    clearTimeout(timer);
    const wait = Math.min(interval, mode === 'polling' ? fallback : longestTimer);
    timer = setTimeout(() => {
      waited += wait;
      const due = waited >= interval;
      if (due) waited = 0;
      if (!watching && performance.now() >= tryAt) watching = true;
      watchTops();
      ring(due || mode === 'inotify' ? 'poll' : 'polling');
      schedule();
    }, wait);
  };

  turn('inotify');
  watchTops();
  return {
    follow(directories) {
      if (closed) return;
      watchTops();
      const now = performance.now();
      for (const [path, { watcher, until }] of followed) {
        const wanted = directories.includes(path);
        if (wanted && now < until) continue;
        shut(watcher);
        // One that has been followed in vain is remembered as long as it is asked for, so that it isn't followed again.
        if (wanted) followed.set(path, { until });
        else followed.delete(path);
      }
      for (const path of directories) {
        if (mode === 'polling' || followed.has(path)) continue;
        followed.set(path, { watcher: open(path, 0), until: now + patience });
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      shutAll();
      await Promise.all(closing);
    },
  };
}

/** What setTimeout can do; more is taken for 1 ms. */
const longestTimer = 2 ** 31 - 1;

/** In a followed container's directory a log may be written to already. A link that leads elsewhere is no line. */
function isLogLine(event: string, path: string, stats: Stats | undefined): boolean {
  return event === 'change' && path.endsWith('.log') && !stats?.isSymbolicLink();
}

function inodeOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    // Missing or not to be read: the look at the disk tells of it, and there is nothing to watch.
    return undefined;
  }
}

/** Without the variables that chokidar puts above what it is told; it reads them while a watcher is made. */
function unswayed<T>(make: () => T): T {
  const { CHOKIDAR_USEPOLLING, CHOKIDAR_INTERVAL } = process.env;
  delete process.env['CHOKIDAR_USEPOLLING'];
  delete process.env['CHOKIDAR_INTERVAL'];
  try {
    return make();
  } finally {
    if (CHOKIDAR_USEPOLLING !== undefined) process.env['CHOKIDAR_USEPOLLING'] = CHOKIDAR_USEPOLLING;
    if (CHOKIDAR_INTERVAL !== undefined) process.env['CHOKIDAR_INTERVAL'] = CHOKIDAR_INTERVAL;
  }
}
