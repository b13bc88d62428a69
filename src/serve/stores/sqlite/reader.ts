import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
import type { Extent } from '../../store.ts';
import { count } from './count.ts';
import { createLines } from './lines.ts';
import { handedOver, type FromReader, type Page, type Piece, type Question, type ToReader } from './messages.ts';
import { problemOf } from './problem.ts';
import { createParts } from './parts.ts';
import { formatCursor, timeOf } from './place.ts';
import { createRefuse } from './refuse.ts';
import { inTransaction, numberOf } from './schema.ts';
import { search, type Row } from './search.ts';
import { listSeries } from './series.ts';
import { packTexts } from './texts.ts';

/** Milliseconds of work on one question before others get their turn. */
const stint = 25;

/** The thread that reads: of each question it works on a piece whenever it is told to. */
export function read(port: MessagePort, db: DatabaseSync, file: string): void {
  const tasks = new Map<number, Iterator<Piece | undefined, Piece | undefined>>();
  const select = createParts(db);
  const { took, tidy } = createRefuse();
  const lines = createLines(db, took);
  const findKey = db.prepare('SELECT key FROM series WHERE id = ?');
  const keyOf = (id: number) => String(findKey.get(id)?.['key']);
  let due = 0;
  const over = () => performance.now() > due;

  function* begin(question: Question): Generator<Piece | undefined, Piece | undefined> {
    switch (question.ask) {
      case 'search': {
        const { search: asked } = question;
        for (const rows of search(asked, select(asked.series), lines, over, () => tasks.size - 1))
          yield rows.length > 0 ? { page: pageOf(rows, keyOf) } : undefined;
        return undefined;
      }
      case 'count':
        return { counts: yield* count(question, select(question.selection.series), lines, keyOf, over) };
      case 'series':
        return { series: yield* listSeries(question.selection, select(question.selection.series), keyOf, over) };
      case 'extent':
        return { extent: extentOf(db, file) };
      default:
        numberOf(db, 'SELECT entries FROM state');
        return undefined;
    }
  }

  function work({ task, question, end }: ToReader): FromReader | undefined {
    if (end) {
      tasks.delete(task);
      return undefined;
    }
    due = performance.now() + stint;
    try {
      const work = question ? begin(question) : tasks.get(task);
      if (!work) return undefined;
      tasks.set(task, work);
      const { value, done = false } = inTransaction(db, () => work.next(), 'DEFERRED');
      if (done) tasks.delete(task);
      return { task, done, ...(value && { piece: value }) };
    } catch (error) {
      tasks.delete(task);
      return { task, done: true, problem: problemOf(error) };
    }
  }

  port.on('message', (message: ToReader) => {
    const answer = work(message);
    if (answer) port.postMessage(answer, handedOver(answer));
    tidy();
  });
}

function pageOf(rows: readonly Row[], keyOf: (id: number) => string): Page {
  const keys: string[] = [];
  const numbers = new Map<number, number>();
  const metadata = new Map<number, string>();
  const of = Uint32Array.from(rows, ({ series }) => {
    const known = numbers.get(series);
    if (known !== undefined) return known;
    const number = keys.push(keyOf(series)) - 1;
    numbers.set(series, number);
    return number;
  });
  for (const [index, row] of rows.entries()) if (row.metadata !== null) metadata.set(index, row.metadata);
  return {
    keys,
    of,
    times: BigInt64Array.from(rows, timeOf),
    cursors: packTexts(rows.map(formatCursor)),
    logs: packTexts(rows.map(({ log }) => log)),
    metadata,
  };
}

function extentOf(db: DatabaseSync, file: string): Extent {
  const entries = numberOf(db, 'SELECT entries FROM state');
  const edge = (which: 'min' | 'max', column: 'first' | 'last') => {
    if (entries === 0) return undefined;
    const bucket = numberOf(db, `SELECT ${which}(bucket) FROM parts`);
    return timeOf({ bucket, offset: numberOf(db, `SELECT ${which}(${column}) FROM parts WHERE bucket = ${bucket}`) });
  };
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  const bytes = statSync(file).size + (log?.size ?? 0);
  return { entries, bytes, oldest: edge('min', 'first'), newest: edge('max', 'last') };
}
