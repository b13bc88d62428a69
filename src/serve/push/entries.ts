import { attribute, attributeLine } from '../write/attribution.ts';
import { shorten } from '../write/shorten.ts';
import type { Entry } from '../store.ts';
import type { Labels } from './labels.ts';
import type { Stream } from './stream.ts';

export interface Pushed {
  entries: Entry[];
  /** Why the first of the lines was left out that are. */
  refused: string | undefined;
  left: number;
  cut: number;
}

/**
 * The entries of a push. A line of more than `longest` bytes is cut, or is left out while the others are kept, as Loki
 * does. `extra` are labels of all.
 */
export function entriesOf(
  streams: readonly Stream[],
  { longest, cut, extra }: { longest: number; cut: boolean; extra: Labels },
): Pushed {
  const pushed: Pushed = { entries: [], refused: undefined, left: 0, cut: 0 };
  for (const { labels, entries } of streams) {
    const known = attribute({ ...labels, ...extra });
    for (const { time, line, metadata } of entries) {
      const log = shorten(line, longest);
      if (log !== line && !cut) {
        pushed.left += 1;
        pushed.refused ??= `Max entry size '${longest}' bytes exceeded while adding an entry with length '${Buffer.byteLength(line)}' bytes`;
        continue;
      }
      if (log !== line) pushed.cut += 1;
      pushed.entries.push({ ...attributeLine(known, metadata), time, log });
    }
  }
  return pushed;
}
