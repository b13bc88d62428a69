// Writes to the SQLite store of a directory until it is killed, and prints what is acknowledged: `DIRECTORY ROUND`.
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { entry } from './store-suite.ts';

const [, , directory = '', round = ''] = process.argv;
const store = await openSqlite({ directory, queue: 100_000 });

async function write(lane: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const lines = Array.from({ length: 1 + ((n * 7) % 20) }, (_, index) => `${round}-${lane}-${n}-${index}`);
    const batch = lines.map((line, index) => entry(line, { time: BigInt(n * 1000 + index), pod: `web-${index % 3}` }));
    // As one whose acknowledgment was lost.
    await Promise.all([store.write(batch), store.write(batch)]);
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
}

await Promise.all([write(0), write(1), write(2)]);
