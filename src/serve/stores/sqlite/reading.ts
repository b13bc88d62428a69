import type { Worker } from 'node:worker_threads';
import type { FromReader, Piece, Question, ThreadData, ToReader } from './messages.ts';
import { errorOf } from './problem.ts';
import { startThread } from './writing.ts';

/** The threads that read, from outside. */
export interface Reading {
  /** The pieces of an answer, each worked out when it is asked for. Throws the reason of an abort at once. */
  ask(question: Question, signal: AbortSignal): AsyncGenerator<Piece>;
  close(): Promise<void>;
}

/** The thread with a question has ended; another one may be asked. */
export class ReaderGone extends Error {}

interface Reader {
  worker: Worker;
  tasks: Map<number, { resolve(answer: FromReader): void; reject(error: Error): void }>;
}

/** `patience`: milliseconds after which a thread is ended that still works on what no one waits for. */
const usual = { start: startThread, patience: 5000 };

export function startReading(data: ThreadData, threads: number, { start: startThread, patience } = usual): Reading {
  const readers: Reader[] = [];
  let last = 0;
  let closed = false;

  function start(): Reader {
    const reader: Reader = { worker: startThread(data), tasks: new Map() };
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

  /** The one with the least to do; threads are started as they are needed. */
  function choose(): Reader {
    const [least] = readers.toSorted((a, b) => a.tasks.size - b.tasks.size);
    return least && (least.tasks.size === 0 || readers.length >= threads) ? least : start();
  }

  return {
    async *ask(question, signal) {
      signal.throwIfAborted();
      if (closed) throw new Error('the store is closed');
      const { worker, tasks } = choose();
      last += 1;
      const task = last;
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
          signal.throwIfAborted();
          if (answer.problem) throw errorOf(answer.problem);
          if (answer.piece) yield answer.piece;
          signal.throwIfAborted();
          if (answer.done) return;
        }
      } finally {
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
function watch({ worker, tasks }: Reader, task: number, patience: number): void {
  const late = setTimeout(() => void worker.terminate(), patience);
  late.unref();
  const back = () => {
    clearTimeout(late);
    tasks.delete(task);
    if (tasks.size === 0) worker.unref();
  };
  tasks.set(task, { resolve: back, reject: back });
}
