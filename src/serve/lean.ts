import { setFlagsFromString } from 'node:v8';

/**
 * Bounds how far V8 lets heaps grow before it collects what is garbage. What is read and written passes through in
 * pieces, so nearly all of it is: without bounds most of the memory of the process would be. The flags are those that
 * hold from the next collection on; what was told on the command line for the size of heaps holds beside them.
 * Source: https://github.com/v8/v8/blob/13.6.233/src/flags/flag-definitions.h
 */
export function leanHeaps(): void {
  // New objects have as much room as they have now.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Old ones a third more than was left at the last time.
  setFlagsFromString('--heap-growing-percent=30');
}
