// What the Cassandra store does with many series: node bench/cassandra.ts [series] [lines of each]
// Starts one Cassandra of its own; test/e2e/support/cassandra.sh brings it.
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Search } from '../src/serve/store.ts';
import { openCassandra } from '../src/serve/stores/cassandra.ts';
import { silent } from '../src/system/log.ts';
import { startCluster } from '../test/e2e/support/cassandra.ts';

const [series = 500, lines = 200] = process.argv.slice(2).map(Number);
const { port, remove } = await startCluster(1);
const store = openCassandra(
  {
    hosts: ['127.0.0.1'],
    port,
    keyspace: 'bench',
    replication: { strategy: 'SimpleStrategy', factors: { cluster: 1 } },
    retention: 30 * 86_400,
    consistency: { write: 'LOCAL_QUORUM', read: 'LOCAL_QUORUM' },
    writeConcurrency: 32,
    writeBuffer: 1024,
    queue: 100_000,
  },
  silent,
);
while (!(await store.check().then(() => true, () => false))) await sleep(100); // prettier-ignore

const second = 1_000_000_000n;
const end = BigInt(Date.now()) * 1_000_000n;
const start = end - 1800n * second;
const text = 'a line of about one hundred bytes, as many programs write them to their standard output, number';
const entry = (of: number, number: number): Entry => ({
  namespace: `team-${of % 20}`,
  pod: `web-${of}`,
  container: 'web',
  time: start + (BigInt(number) * 1800n * second) / BigInt(lines) + BigInt(of),
  log: `${text} ${number}`,
  stream: 'stdout',
  podId: `id-${of}`,
  dockerId: `container-${of}`,
  host: `node-${of % 10}`,
  labels: { app: `app-${of % 50}`, 'pod-template-hash': `hash-${of}` },
  metadata: {},
});
const never = new AbortController().signal;
const range = { from: start - second, to: end, series: [], text: [] };

async function measure(what: string, work: () => Promise<number>): Promise<void> {
  const before = performance.now();
  const count = await work();
  const took = performance.now() - before;
  const rate = count > 100 ? `, ${Math.round((count / took) * 1000)}/s` : '';
  console.log(`${what}: ${took.toFixed(0)} ms, ${count}${rate}`);
}

async function read(search: Partial<Search>, most = Infinity): Promise<number> {
  let count = 0;
  for await (const _ of store.search({ ...range, direction: 'forward', ...search }, never)) {
    count += 1;
    if (count >= most) break;
  }
  return count;
}

await measure('written in batches of 2,000, five at once', async () => {
  let next = 0;
  const total = series * lines;
  const writer = async () => {
    for (let at = next; at < total; at = next) {
      next += 2000;
      const size = Math.min(2000, total - at);
      await store.write(
        Array.from({ length: size }, (_, i) => entry((at + i) % series, Math.floor((at + i) / series))),
      );
    }
  };
  await Promise.all(Array.from({ length: 5 }, writer));
  return total;
});
for (let round = 0; round < 2; round += 1) {
  await measure('last 100 of all series', () => read({ direction: 'backward' }, 100));
  const one = [{ name: 'pod', op: '=', value: 'web-7' } as const];
  await measure('last 100 of one pod', () => read({ direction: 'backward', series: one }, 100));
  await measure('last 5 s of all, as one who follows looks', () => read({ from: end - 5n * second }));
}
await measure('series', async () => (await store.series(range, never)).length);
await measure('counts by namespace and minute', async () => (await store.count(range, ['namespace'], 60n * second, never)).reduce((sum, { count }) => sum + count, 0)); // prettier-ignore
await measure('all lines', () => read({}));
await measure('all lines with a text that none has', () => read({ text: [{ op: '|=', value: 'nowhere' }] }));
console.log(`memory ${Math.round(process.memoryUsage.rss() / 1_048_576)} MB, load ${loadavg()[0]?.toFixed(1)}`);
await store.close();
await remove();
