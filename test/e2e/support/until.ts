import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until there is an answer, and returns it. What is not there yet (ENOENT) is asked for again; any other error
 * ends it at once. Throws after the seconds are over.
 */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, seconds = 120): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    });
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(100);
  }
}
