import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Bytes for new objects, of which one half is in use: with less, what is soon garbage grows old. */
const room = 8 * 1024 * 1024;
/** Percent by which old objects may become more before it is looked which of them are garbage. */
const growth = 100;
/** MiB for new objects in each half of a thread's room. */
const ofThreads = 2;

/**
 * Bounds how far V8 lets heaps grow before it collects what is garbage. What is read and written passes through in
 * pieces, so nearly all of it is: without bounds most of the memory of the process would be. The flags are those that
 * V8 looks at again and again, and for threads those that hold for what begins from now on; the room of this thread, which
 * began before, is watched. What was told on the command line for the size of heaps holds beside them.
 * Source: https://github.com/v8/v8/blob/13.6.233/src/flags/flag-definitions.h
 */
export function leanHeaps(): { close(): void } {
  setFlagsFromString(`--heap-growing-percent=${growth}`);
  setFlagsFromString(`--min-semi-space-size=${ofThreads}`);
  const fit = () => setFlagsFromString(`--semi-space-growth-factor=${newRoom() < room ? 2 : 1}`);
  fit();
  const observer = new PerformanceObserver(fit);
  observer.observe({ entryTypes: ['gc'] });
  return { close: () => observer.disconnect() };
}

const newRoom = () =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? Infinity;
