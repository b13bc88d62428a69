import type { Worker } from 'node:worker_threads';
import type { FromReader, Piece, Question, ThreadData, ToReader } from './messages.ts';
import { errorOf } from './problem.ts';
import { startThread } from './writing.ts';

/** The threads that read, from outside. */
export interface Reading {
  /**
   * The pieces of an answer, each worked out when it is asked for. Throws the reason of an abort at once. What is known to
   * be `long` goes where such things are worked on already, so that the others have a thread for themselves.
   */
  ask(question: Question, signal: AbortSignal, long?: boolean): AsyncGenerator<Piece>;
  close(): Promise<void>;
}

/** The thread with a question has ended; another one may be asked. */
export class ReaderGone extends Error {}

interface Reader {
  worker: Worker;
  tasks: Map<number, { resolve(answer: FromReader): void; reject(error: Error): void }>;
  /** Those that take long. */
  long: Set<number>;
}

/** So many pieces of work on a question are not much. */
const few = 8;

/** `patience`: milliseconds after which a thread is ended that still works on what no one waits for. */
const usual = { start: startThread, patience: 5000 };

export function startReading(data: ThreadData, threads: number, { start: startThread, patience } = usual): Reading {
  const readers: Reader[] = [];
  let last = 0;
  let closed = false;

  function start(): Reader {
    const reader: Reader = { worker: startThread(data), tasks: new Map(), long: new Set() };
    const { worker, tasks } = reader;
    const gone = (error: Error) => {
      const at = readers.indexOf(reader);
      if (at >= 0) readers.splice(at, 1);
      for (const { reject } of tasks.values()) reject(error);
      tasks.clear();
    };
    worker.on('message', (answer: FromReader) => tasks.get(answer.task)?.resolve(answer));
    worker.once('error', (error: Error) => gone(new ReaderGone(`a thread that reads has failed: ${error.message}`)));
    worker.once('exit', () => gone(new ReaderGone('a thread that reads has ended')));
    worker.unref();
    readers.push(reader);
    return reader;
  }

  /** The one with the least to do, or for what is long with most of its kind; threads are started as they are needed. */
  function choose(long: boolean): Reader {
    const [least] = readers.toSorted((a, b) => a.long.size - b.long.size || a.tasks.size - b.tasks.size);
    const [most] = readers.toSorted((a, b) => b.long.size - a.long.size);
    if (long && most && most.long.size > 0) return most;
    return least && (least.tasks.size === 0 || readers.length >= threads) ? least : start();
  }

  return {
    async *ask(question, signal, isLong = false) {
      signal.throwIfAborted();
      if (closed) throw new Error('the store is closed');
      const { worker, tasks, long } = choose(isLong);
      last += 1;
      const task = last;
      if (isLong) long.add(task);
      let done = 0;
      let answers = true;
      const next = (message: ToReader) =>
        new Promise<FromReader>((resolve, reject) => {
          const stop = () => reject(signal.reason as Error);
          signal.addEventListener('abort', stop, { once: true });
          const settled = () => {
            answers = true;
            signal.removeEventListener('abort', stop);
          };
          tasks.set(task, {
            resolve: (answer) => (settled(), resolve(answer)),
            reject: (error) => (settled(), reject(error)),
          });
          answers = false;
          worker.ref();
          worker.postMessage(message, []);
        });
      try {
        for (let message: ToReader = { task, question }; ; message = { task }) {
          const answer = await next(message);
          done += 1;
          if (done === few) long.add(task);
          signal.throwIfAborted();
          if (answer.problem) throw errorOf(answer.problem);
          if (answer.piece) yield answer.piece;
          signal.throwIfAborted();
          if (answer.done) return;
        }
      } finally {
        long.delete(task);
        if (answers) tasks.delete(task);
        else watch({ worker, tasks }, task, patience);
        if (tasks.size === 0) worker.unref();
        worker.postMessage({ task, end: true } satisfies ToReader, []);
      }
    },
    async close() {
      closed = true;
      await Promise.all(readers.map(({ worker }) => worker.terminate()));
    },
  };
}

/** Ends a thread that doesn't come back from a piece of work. */
function watch({ worker, tasks }: Pick<Reader, 'worker' | 'tasks'>, task: number, patience: number): void {
  const late = setTimeout(() => void worker.terminate(), patience);
  late.unref();
  const back = () => {
    clearTimeout(late);
    tasks.delete(task);
    if (tasks.size === 0) worker.unref();
  };
  tasks.set(task, { resolve: back, reject: back });
}
