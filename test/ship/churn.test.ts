// A day of pods that come and go, in a few seconds. FILES=10000 is the whole day.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCollector } from '../support/collector.ts';
import { launch, until, watching } from '../support/program.ts';

const files = Number(process.env['FILES'] ?? 1000);
const wave = 100;

test('files that come and go leave neither descriptors nor memory behind, and each of their lines arrives once', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'churn-'));
  t.after(() => rmSync(root, { recursive: true }));
  const logs = join(root, 'pods');
  mkdirSync(logs);
  const collector = await startCollector(t, ({ log = '' }) => log);
  // What is not answered in time comes again.
  const usual = [
    '--timeout',
    '120',
    '--interval',
    '0.1',
    '--linger',
    '0',
    '--batch-wait',
    '0.02',
    '--status-address',
    '127.0.0.1:0',
  ];
  const where = ['--paths', join(logs, '*/*/*.log'), '--state-path', join(root, 'state')];
  const to = ['--sink', 'http', '--encoding', 'ndjson', '--url', collector.url];
  const child = launch(['ship', ...usual, ...where, ...to], {
    PATH: process.env['PATH'],
    NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=96',
  });
  t.after(() => child.kill('SIGKILL'));
  const running = watching(child);
  await until('the start', () => running.url !== '');
  const descriptors = () => readdirSync(`/proc/${child.pid}/fd`).length;
  const resident = () =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
  const followed = () => running.metric('logwatch_ship_files{destination="http"}');

  const measured: { descriptors: number; resident: number }[] = [];
  for (let first = 0; first < files; first += wave) {
    const names = Array.from({ length: wave }, (_, i) => `default_job-${first + i}_uid-${first + i}`);
    for (const name of names) {
      mkdirSync(join(logs, name, 'app'), { recursive: true });
      writeFileSync(join(logs, name, 'app/0.log'), `${name} 1\n${name} 2\n`);
    }
    await until(`wave ${first / wave}`, () => collector.got.length >= 2 * (first + wave), 120_000);
    for (const name of names) rmSync(join(logs, name), { recursive: true });
    await until('them to be forgotten', async () => (await followed()) === 0, 120_000);
    measured.push({ descriptors: descriptors(), resident: resident() });
  }
  assert.equal(new Set(collector.got).size, 2 * files);
  assert.equal(collector.got.length, 2 * files);
  // The first waves warm up.
  const [, , early] = measured;
  const last = measured.at(-1);
  assert.ok(early && last);
  t.diagnostic(`descriptors ${early.descriptors}, ${last.descriptors}; MiB ${early.resident}, ${last.resident}`);
  assert.ok(last.descriptors <= early.descriptors + 5, `${early.descriptors} became ${last.descriptors} descriptors`);
  assert.ok(last.resident <= early.resident + 40, `${early.resident} became ${last.resident} MiB`);
  assert.equal((await running.stop()).code, 0);
});
