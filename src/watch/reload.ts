import type { Reload } from '../agent/reload.ts';
import type { Log } from '../system/log.ts';
import type { Metrics } from '../system/metrics.ts';
import { begin, dueAt, fail, isDone, nothing, succeed, usual, want, type Agenda, type Timing } from './debounce.ts';
import type { FileSystem } from './disk.ts';
import { createHistory, type ReloadState } from './reload/history.ts';
import { createMarker } from './reload/marker.ts';
import { send as sendOnce } from './reload/send.ts';

/** Tells one shipper that its files have changed: not too often, never two at once, and again until it has worked. */
export interface Reloader {
  /**
   * To be awaited before the first change of a pass is made; if it throws, no change may be made. Followed by `want`
   * when something was changed, else by `unchanged`; a process that dies in between is followed by one that reloads.
   */
  expect(): Promise<void>;
  /** Files have changed. `urgent`: something that was just configured is about to be gone. */
  want(urgent?: boolean): void;
  /** Nothing has changed after all. */
  unchanged(): void;
  readonly state: ReloadState;
  /** Resolves when nothing is waited for, under way or to be tried again; and at the close. A shipper can be down for long. */
  settled(): Promise<void>;
  /** Breaks off what is under way. What was not done is remembered on disk, and done by the next process. */
  close(): Promise<void>;
}

export interface ReloaderInput {
  agent: string;
  /** Asked for each reload, since options change; undefined for a shipper that looks by itself. */
  reload(): Reload | undefined;
  /** The path of the file that remembers an unfinished reload; its directory has to be there at the first `expect`. */
  marker: string;
  timings?: Partial<Timing>;
  log: Log;
  metrics: Pick<Metrics, 'reloads' | 'reloadPending' | 'reloadSuppressed'>;
  /** Resolves when the shipper has reloaded, throws when it hasn't. */
  send?(reload: Reload, world: { signal: AbortSignal }): Promise<void>;
  disk?: FileSystem;
  /** Milliseconds since the epoch, for people. */
  now?(): number;
  /** Milliseconds of a clock that nobody sets. */
  steady?(): number;
  random?(): number;
}

/** One for each agent, for the life of the process. A marker that an earlier process left is a want. */
export function createReloader(input: ReloaderInput): Reloader {
  const { agent, reload, log, metrics, send = sendOnce, random = Math.random } = input;
  const { now = Date.now, steady = () => performance.now() } = input;
  const timing = { ...usual, ...input.timings };
  const marker = createMarker(input.marker, input.disk);
  const history = createHistory({ agent, log, metrics, now });
  const closing = new AbortController();
  let agenda: Agenda = nothing;
  let expecting = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let settled = Promise.withResolvers<void>();

  const needed = () => {
    try {
      return reload() !== undefined;
    } catch {
      // What is wrong with it is told when it is tried.
      return true;
    }
  };
  const forget = () => {
    if (expecting || !isDone(agenda)) return;
    marker.clear().catch((error: unknown) => log.warn('the note of a reload can not be removed', { agent, error }));
  };
  const arm = () => {
    clearTimeout(timer);
    metrics.reloadPending.set({ agent }, isDone(agenda) ? 0 : 1);
    if (isDone(agenda)) settled.resolve();
    else if (!closing.signal.aborted) {
      const due = dueAt(agenda, timing);
      if (due !== undefined) timer = setTimeout(fire, Math.max(0, Math.ceil(due - steady())));
    }
  };
  const fire = () => {
    const due = dueAt(agenda, timing);
    // A timer may be early.
    if (due === undefined || due > steady()) return arm();
    agenda = begin(agenda, steady(), timing);
    history.begin();
    running = attempt().finally(() => {
      running = undefined;
      history.end();
      arm();
    });
  };

  const attempt = async () => {
    const { signal } = closing;
    const began = steady();
    try {
      const how = reload();
      if (how) {
        await send(how, { signal });
        history.told(Math.round(steady() - began) / 1000, how.confirm !== undefined);
      }
      agenda = succeed(agenda);
      history.succeed();
      forget();
    } catch (cause) {
      agenda = fail(agenda, steady(), random(), timing);
      if (signal.aborted) return;
      history.fail(cause);
    }
  };

  const wantIt = (urgent: boolean) => {
    if (isDone(agenda) && !closing.signal.aborted) settled = Promise.withResolvers();
    if (agenda.wanted) metrics.reloadSuppressed.inc({ agent });
    agenda = want(agenda, steady(), urgent);
    history.want();
    arm();
  };

  const left = () => {
    try {
      return marker.exists();
    } catch (error) {
      log.warn('whether a reload is left to do can not be told; one is made', { agent, error });
      return true;
    }
  };
  arm();
  if (left()) {
    if (needed()) wantIt(false);
    else forget();
  }

  return {
    async expect() {
      if (!needed()) return;
      expecting = true;
      try {
        await marker.set();
      } catch (error) {
        expecting = false;
        throw error;
      }
    },
    want(urgent = false) {
      expecting = false;
      if (needed()) wantIt(urgent);
      else forget();
    },
    unchanged() {
      if (!expecting) return;
      expecting = false;
      forget();
    },
    get state(): ReloadState {
      return history.state(needed() ? agenda : undefined);
    },
    async settled() {
      await settled.promise;
      await marker.idle();
    },
    async close() {
      clearTimeout(timer);
      closing.abort();
      await running;
      settled.resolve();
      await marker.idle();
    },
  };
}
