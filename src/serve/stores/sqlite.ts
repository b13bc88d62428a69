import type { Log } from '../../system/log.ts';
import { silent } from '../../system/log.ts';
import type { Count, Extent, Series, Store } from '../store.ts';
import type { Piece, Question, ThreadData } from './sqlite/messages.ts';
import { lock, strangersIn } from './sqlite/open.ts';
import { ReaderGone, startReading } from './sqlite/reading.ts';
import { createSearching, tries } from './sqlite/searching.ts';
import { startWriting } from './sqlite/writing.ts';

export interface SqliteSettings {
  directory: string;
  /** The most entries that wait to be written. */
  queue: number;
  /** Milliseconds after which an entry expires, by its time. */
  retention?: number | undefined;
  /** The most bytes that the entries may take on the disk; the oldest give way. */
  maxBytes?: number | undefined;
  log?: Log;
}

const readers = 2;

/**
 * One SQLite database in the directory, for this process alone. It lives in threads: one writes, what is asked to be
 * written at about the same time in one transaction, which is synced to the disk before it is acknowledged; others read.
 */
export async function openSqlite(settings: SqliteSettings): Promise<Store> {
  const { directory, queue, retention, maxBytes, log = silent } = settings;
  const held = lock(directory);
  const strangers = strangersIn(directory);
  if (strangers.length > 0)
    log.warn('files of others lie beside the database', { directory, files: strangers.slice(0, 10) });
  const data: ThreadData = { role: 'writer', directory, retention, maxBytes };
  const writing = await startWriting(data, queue, log).catch((error: unknown) => {
    held.close();
    throw error;
  });
  const reading = startReading({ ...data, role: 'reader' }, readers);
  let closed: Promise<void> | undefined;

  /** The single piece of an answer. */
  async function ask<T>(question: Question, signal: AbortSignal, take: (piece: Piece) => T | undefined): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        for await (const piece of reading.ask(question, signal)) {
          const found = take(piece);
          if (found !== undefined) return found;
        }
        throw new Error(`the question for ${question.ask} got no answer`);
      } catch (error) {
        if (!(error instanceof ReaderGone) || tried >= tries) throw error;
      }
    }
  }

  return {
    write: (entries) => writing.write(entries),
    search: createSearching(reading),
    count: (selection, by, step, signal) =>
      ask<Count[]>({ ask: 'count', selection, by, step }, signal, (piece) =>
        'counts' in piece ? piece.counts : undefined,
      ),
    series: (selection, signal) =>
      ask<Series[]>({ ask: 'series', selection }, signal, (piece) => ('series' in piece ? piece.series : undefined)),
    extent: (signal) =>
      ask<Extent>({ ask: 'extent' }, signal, (piece) => ('extent' in piece ? piece.extent : undefined)),
    async check() {
      writing.check();
      for await (const _ of reading.ask({ ask: 'check' }, AbortSignal.timeout(5000))) continue;
    },
    async close() {
      closed ??= (async () => {
        // The last one to close puts the write-ahead log into the database, so the writer comes last.
        await reading.close();
        await writing.close();
        held.close();
      })();
      await closed;
    },
  };
}
