// Builds the bundle and measures it as a process of its own on made-up nodes: `npm run bench`, or single parts:
// `node bench/run.ts start latency burst storm hanging memory quiet requests [--minutes 10]`; `sizes` with E2E_TESTBED.
import { parseArgs } from 'node:util';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { hanging } from './hanging.ts';
import { load } from './process.ts';
import { quiet } from './quiet.ts';
import { requests } from './requests.ts';
import { serveQueries, serveWrites } from './serve.ts';
import { churn, delay, idle, throughput } from './ship.ts';
import { serveChurn } from './serve-churn.ts';
import { serveCassandra } from './serve-cassandra.ts';
import { serveReads } from './serve-reads.ts';
import { sizes } from './sizes.ts';
import { start } from './start.ts';
import { storm } from './storm.ts';
import { cpus } from 'node:os';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string' } },
});

const parts: Record<string, { title: string; measure(): Promise<string> }> = {
  start: { title: 'From the start to the first complete configuration of 500 containers', measure: start },
  latency: {
    title: 'From a complete container to its configuration, 200 starts one after another',
    measure: () => latency('one by one'),
  },
  burst: { title: 'The same with a start every 50 ms', measure: () => latency('burst') },
  storm: { title: '500 starts in a second, and a shipper that has to be told', measure: storm },
  hanging: { title: 'An agent that never ends beside nine that are well', measure: hanging },
  memory: { title: 'Resident memory at 500 containers in 110 pods', measure: memory },
  quiet: { title: 'CPU of a quiet node with 500 containers that write', measure: quiet },
  requests: { title: 'Requests to the API server', measure: () => requests(Number(values.minutes ?? 1)) },
  ship: {
    title: 'Shipping 2.3 million lines of 200 bytes to a Loki that takes everything, 8 labels',
    measure: throughput,
  },
  'ship-delay': { title: 'From a line in a quiet file to its push, batch wait 100 ms', measure: delay },
  serve: { title: 'Taking entries of 200 bytes from 100 containers, 1,000 a request, durable', measure: serveWrites },
  'serve-queries': { title: 'Questions about ten million entries of a day', measure: () => serveQueries() },
  'serve-cassandra': { title: 'The same with one Cassandra on this machine', measure: () => serveCassandra() },
  'serve-reads': { title: 'Large answers from a million entries of an hour', measure: () => serveReads() },
  'serve-churn': { title: 'A million lines of ten thousand streams that come and go', measure: () => serveChurn() },
  sizes: {
    title: 'Sizes: the image and the package, starts, memory idle and at 110 pods',
    measure: () => sizes(Number(values.minutes ?? 5)),
  },
  'ship-churn': { title: 'Shipping 10,000 logs that come and go', measure: churn },
  'ship-idle': { title: 'Shipping 500 files in which nothing happens', measure: idle },
};

const usual = ['start', 'latency', 'storm', 'hanging', 'memory', 'quiet', 'requests'];
const chosen = positionals.length > 0 ? positionals : usual;
const unknown = chosen.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
process.once('SIGINT', () => process.exit(130));
await import('../build.ts');

console.log(`Node ${process.version}, ${cpus().length} cores, load ${load()} before`);
// These two mostly wait, and what they count is their own: they may do so side by side.
const together = new Set<string>(chosen.filter((name) => name === 'quiet' || name === 'requests'));
const report = (name: string, text: string) => console.log(`\n## ${parts[name]?.title}\n\n${text}`);
for (const name of chosen) if (!together.has(name)) report(name, (await parts[name]?.measure()) ?? '');
await Promise.all([...together].map(async (name) => report(name, (await parts[name]?.measure()) ?? '')));
