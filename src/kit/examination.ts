import { Worker } from 'node:worker_threads';
import { apiFile, entryFile } from '../agent/provide.ts';
import type { Examined, Message, ThreadData } from './thread.ts';

/**
 * Examines an agent in a thread of its own, so that one that never ends or ends its process is told of like any other
 * fault. Throws an error that says what it was asked for when it failed. `patience` is in milliseconds.
 */
export async function examineApart(input: Omit<ThreadData, 'api'>, patience = 20_000): Promise<Examined> {
  const data: ThreadData = { ...input, api: apiFile().href };
  const worker = new Worker(entryFile(import.meta, 'thread', 'kit-thread'), { workerData: data, env: {}, argv: [] });
  let step = 'being started';
  let late: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Examined>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${why}, asked for ${step.slice(0, 2000)}`));
      const wait = () => {
        clearTimeout(late);
        late = setTimeout(() => fail(`It did not answer within ${patience / 1000} s`), patience);
      };
      wait();
      worker.on('message', (message: Message) => {
        wait();
        if ('step' in message) step = message.step;
        else if ('done' in message) resolve(message.done);
        else reject(new Error(message.problem));
      });
      worker.on('error', (error: Error) => fail(`Its thread ended: ${error.message}`));
      worker.on('exit', (code) => fail(`It ended its process with code ${code}`));
    });
  } finally {
    clearTimeout(late);
    await worker.terminate();
  }
}
