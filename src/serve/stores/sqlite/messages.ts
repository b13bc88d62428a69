import type { Count, Extent, Search, Selection, Series } from '../../store.ts';
import type { Batch } from './batch.ts';
import type { Problem } from './problem.ts';
import { memoryOf, type Texts } from './texts.ts';

/** What a thread is started with. */
export interface ThreadData {
  role: 'writer' | 'reader';
  directory: string;
  /** Milliseconds after which an entry expires, and the most bytes that the entries may take on the disk. */
  retention: number | undefined;
  maxBytes: number | undefined;
}

export type ToWriter = { write: number; batch: Batch } | { close: true };

export type FromWriter =
  | { ready: true }
  | { failed: Problem }
  | { written: readonly number[]; problem?: Problem }
  | { said: 'info' | 'warn'; message: string; fields: Readonly<Record<string, unknown>> }
  | { closed: true };

export type Question =
  | { ask: 'search'; search: Search }
  | { ask: 'count'; selection: Selection; by: readonly string[]; step: bigint | undefined }
  | { ask: 'series'; selection: Omit<Selection, 'text'> }
  | { ask: 'extent' }
  | { ask: 'check' };

/** A piece of work on a question, the next piece, or the end of it. */
export type ToReader = { task: number; question?: Question; end?: true };

/** Rows in columns; a row names its series by its index in `keys`. */
export interface Page {
  keys: string[];
  of: Uint32Array<ArrayBuffer>;
  times: BigInt64Array<ArrayBuffer>;
  cursors: Texts;
  logs: Texts;
  /** JSON by the number of the row, of those that have any. */
  metadata: Map<number, string>;
}

/** What of a message is handed over to another thread. */
export const handedOver = ({ piece }: FromReader): ArrayBuffer[] => {
  if (!piece || !('page' in piece)) return [];
  const { of, times, cursors, logs } = piece.page;
  return [of.buffer, times.buffer, ...memoryOf(cursors), ...memoryOf(logs)];
};

export type Piece = { page: Page } | { counts: Count[] } | { series: Series[] } | { extent: Extent };

/** Without a piece and not done, time was over and the question goes on. */
export interface FromReader {
  task: number;
  piece?: Piece;
  done: boolean;
  problem?: Problem;
}
