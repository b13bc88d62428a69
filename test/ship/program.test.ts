import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startLoki, type FakeLoki } from '../support/loki.ts';
import { end, launch, until, watching } from '../support/program.ts';

const rounds = Number(process.env['ROUNDS'] ?? 1);

function node(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'ship-program-'));
  t.after(() => rmSync(root, { recursive: true }));
  const log = (pod: string) => {
    const directory = join(root, 'pods', `default_${pod}_uid-${pod}`, 'app');
    mkdirSync(directory, { recursive: true });
    return join(directory, '0.log');
  };
  return { root, log, pattern: join(root, 'pods/*/*/*.log') };
}
const cri = (text: string) => `${new Date().toISOString()} stdout F ${text}\n`;
const ship = (t: TestContext, root: string, args: readonly string[], env = {}) => {
  const state = join(root, 'state');
  const usual = [
    '--timeout',
    '60',
    '--state-path',
    state,
    '--status-address',
    '127.0.0.1:0',
    '--interval',
    '0.2',
    '--batch-wait',
    '0.02',
  ];
  const child = launch(['ship', ...usual, ...args], { PATH: process.env['PATH'], NODE_NAME: 'node-1', ...env });
  t.after(() => child.kill('SIGKILL'));
  return watching(child);
};
const inOrder = (loki: FakeLoki, pod: string) =>
  loki.entries.filter(({ labels }) => labels['pod'] === pod).map(({ line }) => Number(line.split(' ')[0]));

test('killed at any moment, nothing is lost; asked to end, nothing comes twice', async (t) => {
  const loki = await startLoki();
  t.after(() => loki.close());
  const { root, log, pattern } = node(t);
  const paths = ['a', 'b', 'c'].map(log);
  for (const path of paths) writeFileSync(path, '');
  let written = 0;
  const write = (count: number) => {
    for (let i = 0; i < count; i++, written++)
      for (const path of paths) appendFileSync(path, cri(`${written} ${'x'.repeat(100)}`));
  };
  const args = ['--paths', pattern, '--url', loki.url, '--batch-size', '20000', '--backoff-least', '0.01'];
  for (let round = 0; round < 3 * rounds; round++) {
    const running = ship(t, root, args);
    await until('it to start', () => running.url !== '' && loki.requests.length >= 0);
    const before = loki.entries.length;
    write(300);
    if (round % 3 === 1) loki.faults.push('reset-after-storing', { status: 500 });
    await until('something to arrive', () => loki.entries.length > before + (round % 3) * 200);
    running.child.kill('SIGKILL');
    await running.ended;
    // One rotation while nobody reads.
    for (const path of paths) renameSync(path, `${path}.20260102-${String(100_000 + round)}`);
    write(50);
  }
  const last = ship(t, root, args);
  await until('all to arrive', () => loki.entries.length >= written * 3);
  const expected = Array.from({ length: written }, (_, i) => i);
  for (const pod of ['a', 'b', 'c'])
    assert.deepEqual(
      inOrder(loki, pod).toSorted((a, b) => a - b),
      expected,
    );
  // At most the batch that was not acknowledged comes again: 20000 bytes, twice where its answer was lost.
  const repeated = loki.stored - loki.entries.length;
  assert.ok(repeated <= 3 * rounds * 2 * 150, `${repeated} came again`);

  const stored = loki.stored;
  write(500);
  const { code } = await last.stop();
  assert.equal(code, 0);
  const again = ship(t, root, args);
  write(1);
  await until('the last', () => loki.entries.length >= written * 3);
  assert.equal((await again.stop()).code, 0);
  assert.equal(loki.stored - stored, 501 * 3, 'each once');
});

test('a destination that is down holds up reading, not the other one; nothing is lost', async (t) => {
  const [well, down] = await Promise.all([startLoki(), startLoki()]);
  const port = Number(new URL(down.url).port);
  await down.close();
  t.after(() => well.close());
  const { root, log } = node(t);
  const config = join(root, 'config.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      paths: [join(root, 'pods/**/*.log')],
      backoff_least: 0.01,
      backoff_most: 0.05,
      batch_size: 100_000,
      destinations: [
        { name: 'well', url: well.url },
        { name: 'down', url: down.url, encoding: 'json' },
      ],
    }),
  );
  const path = log('a');
  appendFileSync(path, Array.from({ length: 20_000 }, (_, i) => cri(`${i} ${'y'.repeat(100)}`)).join(''));
  const running = ship(t, root, ['--config', config]);
  await until('all at the one', () => well.entries.length === 20_000);
  const metrics = await running.text('/metrics');
  const metric = (name: string, to: string) =>
    Number(new RegExp(`^${name}{.*destination="${to}".*} (.*)$`, 'm').exec(metrics)?.[1]);
  assert.ok(metric('logwatch_ship_lines_total', 'down') < 2000);
  assert.ok(metric('logwatch_ship_retries_total', 'down') > 0);
  const back = await startLoki({ port });
  t.after(() => back.close());
  await until('all at the other', () => back.entries.length === 20_000);
  assert.equal((await running.stop()).code, 0);
});

test('stdout in the form of a logging-agent, by its configuration as it is', async (t) => {
  const { root, log } = node(t);
  const path = log('a');
  const links = join(root, 'containers');
  mkdirSync(links);
  const link = join(links, `a_default_app-${'0'.repeat(64)}.log`);
  symlinkSync(path, link);
  symlinkSync('nowhere', join(links, 'dangling.log'));
  const config = join(root, 'config.yaml');
  writeFileSync(
    config,
    `agent:\n  logLevel: debug\n  wrong: 1\n  collection: { interval: "200ms", batchSize: 100, logPaths: ["${links}/*.log"] }\nhttpServer: { address: "127.0.0.1:0", readTimeout: 5s }\n`,
  );
  writeFileSync(path, '2026-01-02T03:04:05.678Z stdout F hello\n');
  const child = launch(['ship', `-config=${config}`], { PATH: process.env['PATH'], NODE_NAME: 'node-1' });
  t.after(() => child.kill('SIGKILL'));
  const running = watching(child);
  let out = '';
  child.stdout?.on('data', (part: string) => (out += part));
  await until('the line', () => out !== '');
  assert.equal(out, `[2026-01-02T03:04:05Z] [info] [node-1] ${link}: hello\n`);
  assert.ok(running.lines.some(({ warning }) => String(warning).includes('agent.wrong')));
  assert.equal((await fetch(`${running.url}/healthz`)).status, 200);
  assert.equal((await fetch(`${running.url}/status`)).status, 200);
  assert.match(await running.text('/metrics'), /^log_lines\{.*node_name="node-1".*\} 1$/m);
  assert.equal((await running.stop()).code, 0);
});

test('a configuration that is missing or broken ends it with one line', async (t) => {
  const { root } = node(t);
  writeFileSync(join(root, 'broken.yaml'), 'a: [');
  for (const name of ['missing.yaml', 'broken.yaml']) {
    const { code, stderr } = await end(launch(['ship', '--config', join(root, name)], { PATH: process.env['PATH'] }));
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^[^\n]*${name}[^\n]*\n$`));
  }
});

test('the preset loggy prints as Loggy did, each line once', async (t) => {
  const { root } = node(t);
  const name = (pod: string, namespace: string) => join(root, `${pod}_${namespace}_count-${'0'.repeat(64)}.log`);
  writeFileSync(name('counter', 'default'), '');
  const paths = ['--preset', 'loggy', '--paths', join(root, '*.log')];
  const running = ship(t, root, paths);
  let out = '';
  running.child.stdout?.on('data', (part: string) => (out += part));
  await until('Online', () => running.lines.some(({ message }) => message === 'Online'));
  const line = (log: string, stream: string) => `${JSON.stringify({ log, stream, time: '2019-12-01T03:33:17.5Z' })}\n`;
  appendFileSync(name('counter', 'default'), line('0: Sun Dec  1\n', 'stdout') + line('bad\n', 'stderr'));
  writeFileSync(name('coredns', 'kube-system'), line('left out\n', 'stdout'));
  await until('both', () => out.split('\n').length > 2);
  assert.equal((await running.stop()).code, 0);
  assert.equal(out, 'counter_default_count/[info] : 0: Sun Dec  1\ncounter_default_count/[error] : bad\n');
});

test("with --from end what is written once it has said 'started' arrives, and it is not ready before", async (t) => {
  const { root, log, pattern } = node(t);
  const path = log('a');
  writeFileSync(path, cri('old').repeat(20_000));
  const running = ship(t, root, ['--paths', pattern, '--from', 'end', '--encoding', 'json']);
  let out = '';
  running.child.stdout?.on('data', (part: Buffer) => (out += part.toString()));
  await until('the start', () => running.url !== '');
  appendFileSync(path, cri('new'));
  assert.equal((await running.readyz()).ok, true);
  await until('the line', () => out.includes('"log":"new"'));
  assert.ok(!out.includes('"log":"old"'));
  assert.equal((await running.stop()).code, 0);
});

test('an address that is taken is told, and nothing hangs', async (t) => {
  const { root, log } = node(t);
  writeFileSync(log('a'), cri('one'));
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const { ended } = ship(t, root, ['--paths', log('a'), '--sink', 'stdout', `--status-address=127.0.0.1:${port}`]);
  const { code, stderr } = await ended;
  assert.equal(code, 1);
  assert.match(stderr, /--status-address: listen EADDRINUSE.*; give another address/);
});
