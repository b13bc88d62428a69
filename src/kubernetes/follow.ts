import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import { hasCode } from '../system/replace.ts';
import type { Connection } from './connection.ts';
import { createHealth, type Verb } from './health.ts';
import { createPace, createShelf, lines, readList, Refusal, toEvent, TooLong } from './list-watch.ts';
import { createRequests, type Collection } from './request.ts';
import type { Source } from './source.ts';
import { defaultTimings, type Range, type Timings } from './timings.ts';

type Cause = 'first' | 'gone' | 'failures' | 'asked' | 'guard';

const failuresToRelist = 5;
const unreachable = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];
const longestLine = 8 * 1024 * 1024;

export interface Follow {
  connection: Connection;
  log: Log;
  metrics: Pick<Metrics, 'requests' | 'receivedBytes' | 'relists' | 'bookmarkAge' | 'synced'>;
  /** After the first list, and whenever something is other than before. */
  onChange(): void;
  timings?: Partial<Timings>;
  random?: () => number;
  /** Milliseconds of a clock that never jumps. */
  now?: () => number;
}

/** All things of a collection, from one list and one watch of the API server. */
export function follow<Item extends { uid: string }>(collection: Collection<Item>, world: Follow): Source<Item> {
  const { name } = collection;
  const { connection, log, metrics, onChange, random = Math.random, now = () => performance.now() } = world;
  const timings: Timings = { ...defaultTimings, ...world.timings };
  const within = ([least, most]: Range) => least + random() * (most - least);

  const shelf = createShelf<Item>();
  const health = createHealth(name, connection, log);
  const requests = createRequests(collection, { connection, metrics, timings, onBytes: () => (heardAt = now()) });
  let synced = false;
  let version: string | undefined;
  let wanted: Cause | undefined = 'first';
  let listedAt = 0;
  let heardAt = now();
  let failures = 0;
  let failuresSinceList = 0;
  const timers: Partial<Record<'asked' | 'guard', NodeJS.Timeout>> = {};

  function want(cause: Cause): void {
    wanted ??= cause;
    requests.end('watch');
  }

  function wantLater(cause: 'asked' | 'guard', wait: number): void {
    clearTimeout(timers[cause]);
    timers[cause] = setTimeout(() => {
      timers[cause] = undefined;
      want(cause);
    }, wait).unref();
  }

  async function list(cause: Cause): Promise<void> {
    // Any cached state will do at first. Later, one that is older than what is known would take pods away; after a 410,
    // what is known is worth nothing.
    const query: Record<string, string> = cause === 'gone' ? {} : { resourceVersion: version ?? '0' };
    const found = await requests.request('list', query, (body) => readList(body, collection));
    version = found.resourceVersion;
    wanted = undefined;
    listedAt = now();
    failuresSinceList = 0;
    wantLater('guard', within(timings.relist));
    const changed = shelf.replace(found.items);
    const first = !synced;
    synced = true;
    if (cause !== 'first') metrics.relists.inc({ cause, resource: name });
    metrics.synced.set({ resource: name }, 1);
    health.heal('list');
    if (changed || first) onChange();
  }

  async function watch(): Promise<void> {
    const seconds = Math.round(within(timings.watchSeconds));
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
      resourceVersion: version ?? '0',
    };
    await requests.request('watch', query, async (body, controller) => {
      const end = setTimeout(() => controller.abort(), seconds * 1000 + timings.grace);
      const settled = setTimeout(() => health.heal('watch'), timings.settled);
      try {
        for await (const line of lines(body, longestLine)) {
          if (line.length > 0) take(line);
        }
      } catch (error) {
        // It was ended on purpose, and goes on from where it is.
        if (!controller.signal.aborted) throw error;
      } finally {
        clearTimeout(end);
        clearTimeout(settled);
      }
    });
  }

  function take(line: Buffer): void {
    const { type, item, resourceVersion } = toEvent(line, collection);
    version = resourceVersion ?? version;
    failures = 0;
    failuresSinceList = 0;
    metrics.bookmarkAge.set({ resource: name }, 0);
    health.heal('watch');
    if (!item) return;
    const changed = type === 'DELETED' ? shelf.remove(item.uid) : shelf.put(item);
    if (changed) onChange();
  }

  /** Milliseconds to wait after a failure. */
  function failed(verb: Verb, error: unknown, startedAt: number): number {
    const [least, longest] = timings.retry;
    const most = hasCode(error, ...unreachable) ? Math.min(longest, timings.unreached) : longest;
    if (now() - startedAt > most) failures = 0;
    failures += 1;
    failuresSinceList += 1;
    const refusal = error instanceof Refusal ? error : undefined;
    if (refusal?.code === 401) connection.renew();
    // A list may also ask for a version that a server, restored from a backup, has not reached: that is a 504.
    const gone = refusal?.code === 410 || (verb === 'list' && refusal?.code === 504);
    if (gone) wanted = 'gone';
    // From the last version on, the same line would come again.
    else if (error instanceof TooLong || failuresSinceList >= failuresToRelist) wanted ??= 'failures';
    // A 410 is part of a healthy life, unless it stays.
    // What is forbidden stays so until somebody changes the role; all else may pass.
    const level = refusal?.code === 403 ? 'error' : 'warn';
    const text = refusal ? refusal.message : `${verb} ${name}: ${said(error)}`;
    if (refusal?.code !== 410 || failures > 1) health.sicken(verb, text, level);
    const jittered = random() * Math.min(most, least * 2 ** (failures - 1));
    return Math.max(jittered, refusal?.retryAfter ?? 0);
  }

  return {
    get synced() {
      return synced;
    },
    get error() {
      return health.error;
    },
    all: shelf.all,
    relist() {
      if (!wanted && !timers.asked) wantLater('asked', Math.max(0, listedAt + timings.relistGap - now()));
    },
    async run(signal) {
      const stop = () => requests.end();
      signal.addEventListener('abort', stop, { once: true });
      const age = setInterval(() => metrics.bookmarkAge.set({ resource: name }, (now() - heardAt) / 1000), timings.age);
      const pause = (wait: number) => sleep(wait, undefined, { signal }).catch(() => undefined);
      const pace = createPace(timings.pace, now);
      try {
        while (!signal.aborted) {
          await pause(pace());
          if (signal.aborted) break;
          const verb = wanted ? 'list' : 'watch';
          const startedAt = now();
          try {
            await (wanted ? list(wanted) : watch());
          } catch (error) {
            // A watch that is called off before it is answered, in favour of a list, has not failed.
            if (signal.aborted || (verb === 'watch' && wanted)) continue;
            await pause(failed(verb, error, startedAt));
          }
        }
      } finally {
        signal.removeEventListener('abort', stop);
        clearInterval(age);
        for (const timer of Object.values(timers)) clearTimeout(timer);
      }
    },
  };
}

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The error for a name with several addresses has a code and no message.
  return error.message || ('code' in error ? String(error.code) : error.name);
}
