import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds until a role was ready, by the clock and of CPU. */
export interface Start {
  ms: number;
  cpu: number;
}

/** Asks every few milliseconds until the answer is 200; when that was, in milliseconds since the epoch. */
export async function ready(url: string, ended = () => false): Promise<number> {
  for (const end = Date.now() + 60_000; ; await sleep(2)) {
    if ((await statusOf(url)) === 200) return Date.now();
    if (ended() || Date.now() > end) throw new Error(`${url} does not become ready`);
  }
}

/** 0 where nobody answers. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false, timeout: 1000 }, (answer) => {
      answer.resume().once('close', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('timeout', () => asked.destroy()).once('error', () => resolve(0));
  });
}
