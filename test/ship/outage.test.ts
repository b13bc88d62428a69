// A destination that is down for long, and others beside it. LINES=1000000 makes the outage as long as ten minutes are.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startCollector } from '../support/collector.ts';
import { startLoki } from '../support/loki.ts';
import { launch, until, watching } from '../support/program.ts';

const lines = Number(process.env['LINES'] ?? 60_000);
const width = lines > 100_000 ? 300 : 2000;
const patience = 120_000 + lines / 10;

function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'outage-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'logs'));
  const begin = (config: object) => {
    const path = join(root, 'config.json');
    const usual = {
      timeout: 120,
      interval: 0.2,
      batch_wait: 0.02,
      backoff_least: 0.02,
      backoff_most: 0.05,
      node_name: 'node-1',
    };
    const where = { paths: [join(root, 'logs/*.log')], state_path: join(root, 'state'), status_address: '127.0.0.1:0' };
    writeFileSync(path, JSON.stringify({ ...usual, ...where, ...config }));
    const child = launch(['ship', '--config', path], {
      PATH: process.env['PATH'],
      // As in the image, but for what makes it slower.
      NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=96',
    });
    t.after(() => child.kill('SIGKILL'));
    return watching(child);
  };
  return { log: (name: string) => join(root, 'logs', name), begin };
}

const residentOf = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

test('while a destination refuses, memory is bounded and others go on; after it nothing is missing', async (t) => {
  const { log, begin } = place(t);
  const number = ({ log = '' }) => parseInt(log);
  const [well, down] = [await startCollector(t, number), await startCollector(t, number)];
  const path = log('a.log');
  appendFileSync(path, '0\n');
  const running = begin({
    destinations: [
      { name: 'well', sink: 'http', encoding: 'ndjson', url: well.url },
      { name: 'down', sink: 'http', url: down.url },
    ],
  });
  await until('the first', () => well.got.length === 1 && down.got.length === 1);
  down.refusing = true;
  const before = residentOf(running.child.pid);
  let most = before;
  const block = 2500;
  for (let from = 1, round = 0; from < lines; from += block, round++) {
    const numbers = Array.from({ length: Math.min(block, lines - from) }, (_, i) => from + i);
    appendFileSync(path, numbers.map((i) => `${i} `.padEnd(width, 'x') + '\n').join(''));
    most = Math.max(most, residentOf(running.child.pid));
    // As the kubelet keeps files, more or less.
    if (round % 8 !== 7 || round > 80) continue;
    await until('it to be seen', () => well.got.length >= from, patience);
    renameSync(path, `${path}.${String(1000 + round)}`);
    writeFileSync(path, '');
  }
  await until('all at the one', () => well.got.length >= lines, patience);
  await until('the other to be asked', () => down.refused > 3, patience);
  most = Math.max(most, residentOf(running.child.pid));
  t.diagnostic(`${Math.round(before)} MiB before, ${Math.round(most)} MiB at most`);
  assert.ok(most - before < 64, `${Math.round(before)} MiB became ${Math.round(most)} MiB`);
  assert.equal(down.got.length, 1);
  down.refusing = false;
  await until('all at the other', () => down.got.length >= lines, patience);
  const all = Array.from({ length: lines }, (_, i) => i);
  assert.deepEqual(well.got, all);
  assert.deepEqual(down.got, all);
  assert.equal((await running.stop()).code, 0);
});

test('files that were deleted while the destination refused are still read', async (t) => {
  const { log, begin } = place(t);
  const collector = await startCollector(t, ({ log = '' }) => log);
  const path = log('a.log');
  appendFileSync(path, 'first\n');
  const running = begin({ destinations: [{ name: 'one', sink: 'http', url: collector.url }] });
  await until('the first', () => collector.got.length === 1);
  collector.refusing = true;
  const wanted = ['first'];
  for (let i = 0; i < 5; i++) {
    appendFileSync(path, `${i}\n`);
    wanted.push(String(i));
    const seen = async () => ((await running.metric('logwatch_ship_open_files{destination="one"}')) ?? 0) > i;
    await until('it to be held', seen);
    renameSync(path, `${path}.${i}`);
    writeFileSync(path, '');
    await until(
      'the next to be held',
      async () => ((await running.metric('logwatch_ship_open_files{destination="one"}')) ?? 0) > i + 1,
    );
    unlinkSync(`${path}.${i}`);
  }
  collector.refusing = false;
  await until('all', () => collector.got.length >= wanted.length);
  assert.deepEqual(collector.got, wanted);
  await running.stop();
});

test('three kinds of destinations at once have offsets of their own, over a restart too', async (t) => {
  const { log, begin } = place(t);
  const loki = await startLoki();
  t.after(() => loki.close());
  const collector = await startCollector(t, ({ log = '' }) => log);
  const destinations = [
    { name: 'loki', url: loki.url },
    { name: 'post', sink: 'http', url: collector.url },
    { name: 'out', sink: 'stdout', encoding: 'agent' },
  ];
  const path = log('a.log');
  appendFileSync(path, 'one\n');
  const first = begin({ grace: 2, destinations });
  const out: string[] = [];
  const listen = (running: typeof first) =>
    running.child.stdout?.on('data', (part: Buffer) => out.push(part.toString()));
  listen(first);
  const said = () => [...out.join('').matchAll(/: (.*)$/gm)].map(([, text]) => text);
  await until('one', () => loki.stored === 1 && collector.got.length === 1 && said().length === 1);
  collector.refusing = true;
  appendFileSync(path, 'two\n');
  await until('two', () => loki.stored === 2 && collector.refused > 0 && said().length === 2);
  assert.equal((await first.stop()).code, 0);
  appendFileSync(path, 'three\n');
  collector.refusing = false;
  const second = begin({ destinations });
  listen(second);
  await until('three', () => loki.stored >= 3 && collector.got.length >= 3 && said().length >= 3);
  assert.equal((await second.stop()).code, 0);
  const all = ['one', 'two', 'three'];
  assert.deepEqual([loki.entries.map(({ line }) => line), loki.stored], [all, 3]);
  assert.deepEqual([collector.got, said()], [all, all]);
});
