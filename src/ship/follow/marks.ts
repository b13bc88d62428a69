import { isUnread, markOf, type OpenFile } from './file.ts';
import type { FileMark } from './reader.ts';

/** By stream: where the first line begins that is held back. */
export type HeldBack = readonly ({ file: OpenFile; offset: number } | undefined)[];

/**
 * Where to go on in the files of a path, oldest first: marks of those that are to be read further, and of those that
 * are done with; `since` is when the last of these was written, in milliseconds since 1970.
 */
export function marksOf(all: readonly OpenFile[], held: HeldBack) {
  const fresh: FileMark[] = [];
  const finished: FileMark[] = [];
  let since = 0;
  all.forEach((file, index) => {
    const from = held.map((place, stream) => {
      const at = place ? all.indexOf(place.file) : -1;
      const taken = Math.max(file.offset, file.skip[stream as 0 | 1]);
      if (!place || index < at || at < 0) return taken;
      return index === at ? place.offset : 0;
    }) as [number, number];
    const whole = !isUnread(file) && file.offset === file.size && from.every((at) => at === file.offset);
    const done = whole && index < all.length - 1 && fresh.length === 0;
    (done ? finished : fresh).push(markOf(file, from));
    if (done) since = Math.max(since, file.mtime);
  });
  return { fresh, finished, since };
}
