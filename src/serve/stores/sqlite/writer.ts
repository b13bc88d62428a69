import type { DatabaseSync } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
import type { Batch } from './batch.ts';
import { createInsert } from './insert.ts';
import { problemOf, type FromWriter, type ThreadData, type ToWriter } from './messages.ts';
import { openToWrite } from './open.ts';
import { inTransaction } from './schema.ts';

/** The thread that writes. What has come in while one transaction went to the disk is the next one. */
export function write(port: MessagePort, data: ThreadData): void {
  const tell = (message: FromWriter) => port.postMessage(message);
  let db: DatabaseSync;
  try {
    db = openToWrite(data.directory, 32_768);
  } catch (error) {
    tell({ failed: problemOf(error) });
    port.close();
    return;
  }
  const insert = createInsert(db);
  let waiting: { write: number; batch: Batch }[] = [];

  function flush(): void {
    const taken = waiting;
    waiting = [];
    const written = taken.map(({ write }) => write);
    try {
      inTransaction(db, () => insert.add(taken.map(({ batch }) => batch)));
      tell({ written });
    } catch (error) {
      insert.forget();
      tell({ written, problem: problemOf(error) });
    }
  }

  port.on('message', (message: ToWriter) => {
    if ('close' in message) {
      if (waiting.length > 0) flush();
      db.close();
      tell({ closed: true });
      port.close();
    } else if (waiting.push(message) === 1) setImmediate(() => waiting.length > 0 && flush());
  });
  tell({ ready: true });
}
