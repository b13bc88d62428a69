import type { DatabaseSync } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
import type { Batch } from './batch.ts';
import { createInsert } from './insert.ts';
import type { FromWriter, ThreadData, ToWriter } from './messages.ts';
import { problemOf } from './problem.ts';
import { openToWrite } from './open.ts';
import { createRefuse } from './refuse.ts';
import { inTransaction } from './schema.ts';
import { createUpkeep } from './upkeep.ts';

/** Milliseconds between two looks at the upkeep, and after one that failed. */
const pauses = { usual: 1000, failed: 10_000 };
/** Milliseconds of upkeep at a time: when nobody waits, and at least while others do; else a share of the writing. */
const stint = { idle: 50, least: 5, share: 0.6 };

/**
 * The thread that writes. What has come in while one transaction went to the disk is the next one; the upkeep is done in
 * between, and however much comes in, it gets its share.
 */
export function write(port: MessagePort, data: ThreadData): void {
  const tell = (message: FromWriter) => port.postMessage(message);
  let db: DatabaseSync;
  try {
    db = openToWrite(data.directory, 8192, data.maxBytes);
  } catch (error) {
    tell({ failed: problemOf(error) });
    port.close();
    return;
  }
  const insert = createInsert(db);
  const { took, tidy } = createRefuse();
  const upkeep = createUpkeep(db, { ...data, now: () => Date.now(), removed: () => insert.forget(), took });
  let waiting: { write: number; batch: Batch }[] = [];
  let planned: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    const taken = waiting;
    waiting = [];
    const written = taken.map(({ write }) => write);
    try {
      upkeep.touched(inTransaction(db, () => insert.add(taken.map(({ batch }) => batch))));
      tell({ written });
    } catch (error) {
      insert.forget();
      tell({ written, problem: problemOf(error) });
    }
  }

  function work(): void {
    planned = undefined;
    clearTimeout(timer);
    const began = performance.now();
    if (waiting.length > 0) flush();
    let pause = pauses.usual;
    try {
      const taken = performance.now() - began;
      const more = upkeep.work(taken < 1 ? stint.idle : Math.max(stint.least, taken * stint.share));
      if (more) plan();
      tidy();
    } catch (error) {
      pause = pauses.failed;
      insert.forget();
      tell({ said: 'warn', message: 'the upkeep of the database failed', fields: { error: problemOf(error).message } });
    }
    timer = setTimeout(plan, pause);
  }

  function plan(): void {
    planned ??= setImmediate(work);
  }

  port.on('message', (message: ToWriter) => {
    if ('batch' in message) {
      waiting.push(message);
      plan();
      return;
    }
    if (waiting.length > 0) flush();
    clearImmediate(planned);
    clearTimeout(timer);
    db.close();
    tell({ closed: true });
    port.close();
  });
  tell({ ready: true });
  plan();
}
