// Fluent Bit itself sends to serve: its formats, its compressions, what it does with answers.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { stringify } from 'yaml';
import { freePort } from '../support/port.ts';
import { launch, until, watching } from '../support/program.ts';
import { installed, startShipper } from './support/shipper.ts';

const program = process.env['E2E_FLUENT_BIT'] ?? 'fluent-bit';
const id = '0123456789abcdef'.repeat(4);
const count = 2000;

/** A log as a CRI runtime writes it, below the name that the kubelet gives it. */
async function setUp(t: TestContext) {
  if (!installed(t, program, ['--version'], 'put it on the PATH, or name it by E2E_FLUENT_BIT')) return undefined;
  const root = await mkdtemp(join(tmpdir(), 'serve-fluent-bit-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'containers');
  await mkdir(directory);
  const lines = Array.from({ length: count }, (_, index) => ({
    time: `2026-01-02T03:04:05.${String(index * 1000 + 7).padStart(9, '0')}Z`,
    log: `line ${index} – "quoted" \\ <b> ${'x'.repeat(index % 50)}`,
  }));
  const text = lines.map(({ time, log }) => `${time} ${log.length % 2 ? 'stderr' : 'stdout'} F ${log}\n`).join('');
  await writeFile(join(directory, `web-0_default_web-${id}.log`), text);
  const users = join(root, 'users');
  await writeFile(users, 'fluent:b1t-pass\n');
  const port = await freePort();

  const serve = async () => {
    const data = [`--data-path=${join(root, 'data')}`, '--bind-address=127.0.0.1', `--port=${port}`];
    const all = ['serve', ...data, `--write-users=${users}`, '--invalid-entries=skip'];
    const running = watching(launch(all, { PATH: process.env['PATH'] }));
    t.after(() => running.child.kill('SIGKILL'));
    await until('serve', () => running.url !== '', 90_000);
    return running;
  };
  const fluentBit = async (output: Record<string, unknown>, input: Record<string, unknown> = {}) => {
    const to = {
      match: '*',
      host: '127.0.0.1',
      port,
      http_user: 'fluent',
      http_passwd: 'b1t-pass',
      retry_limit: 'no_limits',
    };
    const path = join(directory, '*.log');
    const tail = { name: 'tail', path, tag: 'kube.*', read_from_head: true, refresh_interval: 1, ...input };
    const config = {
      service: { flush: 0.2, grace: 1, 'scheduler.base': 1, 'scheduler.cap': 2 },
      pipeline: { inputs: [tail], outputs: [{ ...to, ...output }] },
    };
    await writeFile(join(root, 'fluent-bit.yaml'), stringify(config));
    return startShipper(t, program, ['-c', join(root, 'fluent-bit.yaml')]);
  };
  return { serve, fluentBit, lines };
}

type Serve = ReturnType<typeof watching>;
const stored = (serve: Serve) => serve.metric('logwatch_serve_stored_entries_total');

async function rows(serve: Serve) {
  const names = 'namespace=default&pod_name=web-0&container_name=web';
  const text = await serve.text(`/query?${names}&start_time=2026-01-01T00:00:00Z&end_time=2026-01-03T00:00:00Z`);
  return (JSON.parse(text) as { log_rows: { time: string; log: string }[] }).log_rows.map(({ time, log }) => {
    const [whole, fraction = ''] = time.slice(0, -1).split('.');
    return { time: `${whole}.${fraction.padEnd(9, '0')}Z`, log };
  });
}

const parsed = { 'multiline.parser': 'cri' };
for (const [title, output, input] of [
  ['F-01, F-04 json, and the tag tells the pod', {}, parsed],
  ['F-06 lines of the runtime that nobody has parsed', {}, {}],
  ['F-07 json_lines, gzip', { format: 'json_lines', compress: 'gzip' }, parsed],
  ['F-07 json_stream, zstd', { format: 'json_stream', compress: 'zstd' }, parsed],
  ['F-07 json, snappy, a date in words', { compress: 'snappy', json_date_format: 'iso8601' }, parsed],
] as const) {
  test(title, async (t) => {
    const world = await setUp(t);
    if (!world) return;
    const serve = await world.serve();
    await world.fluentBit({ name: 'http', uri: '/write', format: 'json', header_tag: 'fluent-tag', ...output }, input);
    await until('all lines', async () => (await stored(serve)) === count, 90_000);
    assert.deepEqual(await rows(serve), world.lines);
    assert.match(
      await serve.text('/metrics'),
      /^total_requests\{method="POST",path="\/write",statusCode="200"\} \d+$/m,
    );
  });
}

test('the output for Loki', async (t) => {
  const world = await setUp(t);
  if (!world) return;
  const serve = await world.serve();
  const labels = 'namespace=default,pod=web-0,container=web,stream=$stream';
  const keys = { remove_keys: 'stream,time,_p', drop_single_key: 'raw', line_format: 'json' };
  await world.fluentBit({ name: 'loki', labels, ...keys, compress: 'gzip' }, parsed);
  await until('all lines', async () => (await stored(serve)) === count, 90_000);
  const found = await rows(serve);
  assert.deepEqual(
    found.map(({ log }) => log),
    world.lines.map(({ log }) => log),
  );
});

test('F-03 what serve could not take yet is sent again, and is there once', async (t) => {
  const world = await setUp(t);
  if (!world) return;
  const output = { name: 'http', uri: '/write', format: 'json', header_tag: 'fluent-tag' };
  const shipper = await world.fluentBit(output, parsed);
  await until('a vain attempt', () => shipper.output().includes('127.0.0.1'), 90_000);
  const serve = await world.serve();
  await until('all lines', async () => (await stored(serve)) === count, 90_000);
  assert.deepEqual(await rows(serve), world.lines);
});
