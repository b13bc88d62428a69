import { Worker } from 'node:worker_threads';

/** Patterns that ordinary matching never ends with. */
const hostile = [
  '(a+)+$',
  '(a|a)*b',
  '(a|aa)+$',
  'a*a*a*a*a*a*a*a*b',
  '(?:a?){16}a{16}b',
  '([a-z]+)*\\d',
  '(.*)(.*)(.*)x',
  '(?:a|b)*a(?:a|b){16}(?:a|b){16}c',
  'a.{16}.{16}b.{16}c',
  '(?:\\w+\\s?)*!',
];

/**
 * Whether the work on each such pattern ends within a time. It is done in a thread of its own, where what does not end
 * can be ended, and sees nothing but what it is given.
 */
export async function ends(
  module: URL,
  work: (module: never, pattern: string) => void,
  milliseconds: number,
): Promise<boolean> {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then((module) => {
      for (const pattern of workerData.hostile) (${work.toString()})(module, pattern);
      parentPort.postMessage(true);
    });`;
  const worker = new Worker(source, { eval: true, workerData: { module: module.href, hostile } });
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  worker.on('message', resolve).on('error', reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
