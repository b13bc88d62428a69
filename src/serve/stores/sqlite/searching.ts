import type { Found, Search } from '../../store.ts';
import { sourceOf, type Source } from '../../identity.ts';
import type { Page } from './messages.ts';
import { ReaderGone, type Reading } from './reading.ts';
import { unpackTexts } from './texts.ts';
import { createTurns } from './turns.ts';

/** So often a question is put to another thread when one was lost over it. */
export const tries = 3;
/** Pages after which a search is a long one. */
const short = 6;
/** Milliseconds: of a turn, and after which a page that isn't taken is one of a client that takes its time. */
export const usual = { turn: 1500, idle: 1000 };

/**
 * Searches, page by page. What a thread has read ahead for one of them is let go when nobody takes a page for a while, and
 * read again for the next one; and long ones, for which much is read ahead, take turns. So however many there are, and
 * however slow those who take them, little is held, and what is quick isn't held up.
 */
export function createSearching(reading: Reading, times = usual) {
  const turns = createTurns(times.turn);

  /** The pages up to the end, which is told by true, or until it has to give way. */
  async function* stretch(search: Search, signal: AbortSignal, isLong: boolean): AsyncGenerator<Page, boolean> {
    let gone = false;
    const giveWay = () => {
      gone = true;
      // The page that is worked on comes before the end.
      void found.return(undefined).catch(() => undefined);
    };
    const over = new AbortController();
    const found = reading.ask({ ask: 'search', search }, AbortSignal.any([signal, over.signal]), isLong);
    const most = isLong ? Infinity : short;
    let idle: NodeJS.Timeout | undefined;
    const end = isLong ? await turns.take(signal, giveWay) : undefined;
    let coming: ReturnType<typeof found.next> | undefined;
    try {
      for (let pages = 0; pages < most;) {
        const { value: piece, done } = await (coming ?? found.next());
        coming = undefined;
        if (done) return !gone;
        // Who wants more than one page gets the next one worked on while the last is sent.
        if (isLong || (pages > 0 && pages < most - 1)) (coming = found.next()).catch(() => undefined);
        if ('page' in piece) {
          pages += 1;
          idle = setTimeout(() => (end?.(), giveWay()), times.idle);
          yield piece.page;
          clearTimeout(idle);
        }
      }
      return false;
    } finally {
      clearTimeout(idle);
      end?.();
      over.abort();
      void found.return(undefined).catch(() => undefined);
    }
  }

  return async function* search(asked: Search, signal: AbortSignal): AsyncGenerator<Found> {
    let { after } = asked;
    let isLong = false;
    for (let tried = 1; ;) {
      const pages = stretch(after === undefined ? asked : { ...asked, after }, signal, isLong);
      try {
        let next = await pages.next();
        for (; !next.done; next = await pages.next())
          for (const found of foundIn(next.value)) {
            signal.throwIfAborted();
            after = found.cursor;
            yield found;
          }
        if (next.value) return;
        isLong = true;
      } catch (error) {
        if (!(error instanceof ReaderGone) || tried >= tries) throw error;
        tried += 1;
      } finally {
        await pages.return(true);
      }
    }
  };
}

function* foundIn({ keys, of, times, cursors, logs, metadata }: Page): Generator<Found> {
  const sources: Source[] = keys.map(sourceOf);
  const [cursorOf, logOf] = [unpackTexts(cursors), unpackTexts(logs)];
  for (const [index, number] of of.entries()) {
    const said = metadata.get(index);
    yield {
      ...(sources[number] as Source),
      time: times[index] as bigint,
      log: logOf(index),
      metadata: said === undefined ? {} : (JSON.parse(said) as Record<string, string>),
      cursor: cursorOf(index),
    };
  }
}
