import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { entryFile } from '../../../agent/provide.ts';
import type { Log } from '../../../system/log.ts';
import { StoreBusy, type Entry } from '../../store.ts';
import { createPack, handedOver } from './batch.ts';
import type { FromWriter, ThreadData, ToWriter } from './messages.ts';
import { errorOf } from './problem.ts';

/** The thread that writes, from outside. */
export interface Writing {
  write(entries: readonly Entry[]): Promise<void>;
  /** Throws if nothing can be written. */
  check(): void;
  close(): Promise<void>;
}

interface Waiting {
  count: number;
  resolve(): void;
  reject(error: Error): void;
}

/** Of each thread; a small young generation costs little and saves much. */
const memory = { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 512 };

export function startThread(data: ThreadData): Worker {
  const file = entryFile(import.meta, 'thread', 'sqlite-thread');
  return new Worker(file, {
    workerData: data,
    name: `sqlite ${data.role}`,
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: memory,
  });
}

/** Resolves when the database is open. `queue` is the most entries that wait. */
export async function startWriting(data: ThreadData, queue: number, log: Log): Promise<Writing> {
  const worker = startThread(data);
  const pack = createPack();
  const waiting = new Map<number, Waiting>();
  let waits = 0;
  let last = 0;
  let ended: Error | undefined;
  const post = (message: ToWriter) => worker.postMessage(message, 'batch' in message ? handedOver(message.batch) : []);

  function settle(ids: Iterable<number>, error: Error | undefined): void {
    for (const id of ids) {
      const one = waiting.get(id);
      if (!one) continue;
      waiting.delete(id);
      waits -= one.count;
      if (error) one.reject(error);
      else one.resolve();
    }
  }

  function end(error: Error): void {
    ended ??= error;
    settle([...waiting.keys()], error);
  }

  const ready = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromWriter) => {
      if ('written' in message) settle(message.written, message.problem && errorOf(message.problem));
      else if ('said' in message) log[message.said](message.message, message.fields);
      else if ('ready' in message) resolve();
      else if ('failed' in message) reject(errorOf(message.failed));
    });
    worker.once('error', (error: Error) => {
      log.error('the thread that writes has failed', { error });
      end(error);
      reject(error);
    });
    worker.once('exit', () => end(new Error('the thread that writes has ended')));
  });
  await ready;

  return {
    async write(entries) {
      if (ended) throw ended;
      if (entries.length === 0) return;
      if (waits > 0 && waits + entries.length > queue) throw new StoreBusy(`${waits} entries wait to be written`);
      const batch = pack(entries);
      waits += entries.length;
      last += 1;
      const id = last;
      await new Promise<void>((resolve, reject) => {
        waiting.set(id, { count: entries.length, resolve, reject });
        post({ write: id, batch });
      });
    },
    check() {
      if (ended) throw ended;
    },
    async close() {
      if (ended) return;
      const exit = once(worker, 'exit');
      ended = new Error('the store is closed');
      post({ close: true });
      await exit;
    },
  };
}
