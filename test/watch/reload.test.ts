import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reload } from '../../src/agent/reload.ts';
import type { Fields } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { markerName } from '../../src/watch/reload/marker.ts';
import { send as sendOnce } from '../../src/watch/reload/send.ts';
import { createReloader, type ReloaderInput } from '../../src/watch/reload.ts';
import { until } from '../support/program.ts';
import { createShipper } from '../support/shipper.ts';

const quick = { quiet: 20, longest: 200, budget: 1000, window: 1000, retry: 20, longestRetry: 40 };

async function folder(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'klw-reload-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function setUp(t: TestContext, more: Partial<ReloaderInput> = {}) {
  const directory = await folder(t);
  const marker = more.marker ?? join(directory, markerName('bit'));
  const metrics = createMetrics();
  const lines: { message: string; fields: Fields }[] = [];
  const note = (message: string, fields: Fields = {}) => void lines.push({ message, fields });
  const shipper = await createShipper(t);
  const reload: Reload = { ...shipper.http, expect: { field: 'status', is: 0 }, confirm: shipper.confirm };
  const input: ReloaderInput = {
    agent: 'bit',
    reload: () => reload,
    marker,
    timings: quick,
    log: { error: note, warn: note, info: note, debug: note },
    metrics,
    send: (reload, world) => sendOnce(reload, { ...world, timeout: 5000, pause: 5, patience: 5000 }),
    ...more,
  };
  const open = (also: Partial<ReloaderInput> = {}) => {
    const reloader = createReloader({ ...input, ...also });
    t.after(() => reloader.close());
    return reloader;
  };
  const metric = async (name: string, result?: string) => {
    const found = await metrics.registry.getSingleMetric(`logwatch_${name}`)?.get();
    return found?.values.find(({ labels }) => result === undefined || labels['result'] === result)?.value;
  };
  return { directory, marker, lines, shipper, reload, open, metric };
}

test('a want leads to one reload that is confirmed', async (t) => {
  const during: string[] = [];
  const { open, shipper, marker, metric, lines } = await setUp(t, {
    send: (reload, world) => {
      during.push(reloader.state.status);
      return sendOnce(reload, world);
    },
  });
  const reloader = open();
  assert.deepEqual(reloader.state, {
    status: 'idle',
    error: undefined,
    since: undefined,
    reloads: 0,
    lastOk: undefined,
  });
  await reloader.settled();
  await reloader.expect();
  assert.ok(existsSync(marker), 'written before anything is changed');
  reloader.want();
  assert.equal(reloader.state.status, 'waiting');
  assert.ok(Date.now() - (reloader.state.since ?? 0) < 60_000);
  assert.equal(await metric('reload_pending'), 1);
  await reloader.settled();
  assert.deepEqual(during, ['running']);
  assert.equal(shipper.count, 1);
  assert.ok(!existsSync(marker));
  const { status, reloads, lastOk = 0 } = reloader.state;
  assert.deepEqual({ status, reloads }, { status: 'idle', reloads: 1 });
  assert.ok(Date.now() - lastOk < 60_000);
  assert.equal(await metric('reload_pending'), 0);
  assert.equal(await metric('reloads_total', 'ok'), 1);
  assert.deepEqual(
    lines.map(({ fields }) => [fields['agent'], fields['confirmed']]),
    [['bit', true]],
  );
});

test('500 wants in a second are two reloads at the most', async (t) => {
  const { open, shipper, metric } = await setUp(t);
  const plain = open({ timings: {} });
  const urgent = open({
    timings: {},
    marker: join(await folder(t), 'other'),
    agent: 'other',
    metrics: createMetrics(),
  });
  const began = performance.now();
  for (let i = 0; i < 500; i += 1) {
    plain.want();
    if (i % 2 === 1) await sleep(4);
  }
  // One for each second that it has really taken, and one after it.
  const most = 1 + Math.floor((performance.now() - began) / 1000);
  await plain.settled();
  assert.ok(shipper.count >= 1 && shipper.count <= Math.max(2, most), `${shipper.count} reloads`);
  assert.equal(await metric('reload_suppressed_total'), 500 - shipper.asked());
  const before = shipper.count;
  for (let i = 0; i < 500; i += 1) urgent.want(true);
  await until('the first', () => urgent.state.reloads === 1);
  await urgent.settled();
  assert.ok(shipper.count - before <= 2);
});

test('a shipper that says yes and does nothing is told again until it has reloaded', async (t) => {
  let patience = 50;
  const { open, shipper, marker, metric, lines } = await setUp(t, {
    send: (reload, world) => sendOnce(reload, { ...world, pause: 5, patience }),
  });
  shipper.manner = 'say yes and do nothing';
  const reloader = open();
  await reloader.expect();
  reloader.want();
  await until('three attempts', () => shipper.asked() >= 3);
  const { status, error, since = 0, reloads } = reloader.state;
  assert.equal(status, 'failing');
  assert.match(error ?? '', /did not reload/);
  assert.ok(since > 0);
  assert.equal(reloads, 0);
  assert.ok(existsSync(marker));
  assert.ok(Number(await metric('reloads_total', 'unconfirmed')) >= 2);
  assert.equal(lines.length, 1, 'told once');
  patience = 5000;
  shipper.manner = 'reload';
  await reloader.settled();
  assert.equal(reloader.state.reloads, 1);
  assert.deepEqual([reloader.state.status, reloader.state.error, reloader.state.since], ['idle', undefined, undefined]);
  assert.ok(!existsSync(marker));
});

test('refusals, errors, a connection that breaks and a shipper that is down are tried again', async (t) => {
  let patience = 50;
  const { open, shipper, metric } = await setUp(t, {
    send: (reload, world) => sendOnce(reload, { ...world, pause: 5, patience }),
  });
  const reloader = open();
  for (const [manner, why] of [
    ['refuse', /refused, status has to be 0/],
    ['fail', /answered 500/],
    ['break off', /no complete answer/],
  ] as const) {
    shipper.manner = manner;
    const before = shipper.asked();
    reloader.want();
    await until(manner, () => shipper.asked() >= before + 2 && why.test(reloader.state.error ?? ''));
  }
  await shipper.close();
  await until('nobody listens', () => /nobody listens/.test(reloader.state.error ?? ''));
  assert.ok(Number(await metric('reloads_total', 'failed')) >= 6);
  patience = 5000;
  const again = await createShipper(t, 'reload', shipper.port);
  await reloader.settled();
  assert.equal(reloader.state.reloads, 1);
  assert.ok(again.count >= 1);
});

test('there are never two at once, and what is wanted during one leads to another', async (t) => {
  let atOnce = 0;
  let most = 0;
  let ends = Promise.withResolvers<void>();
  let begun = 0;
  const { open, marker } = await setUp(t, {
    send: async () => {
      begun += 1;
      most = Math.max(most, (atOnce += 1));
      await ends.promise;
      atOnce -= 1;
    },
  });
  const reloader = open();
  await reloader.expect();
  reloader.want(true);
  await until('the first', () => begun === 1);
  await reloader.expect();
  for (let i = 0; i < 5; i += 1) reloader.want(true);
  await sleep(quick.longest);
  ends.resolve();
  ends = Promise.withResolvers();
  await until('the second', () => begun === 2);
  assert.ok(existsSync(marker), 'the first was not for all');
  ends.resolve();
  await reloader.settled();
  assert.equal(begun, 2);
  assert.equal(most, 1);
  assert.ok(!existsSync(marker));
});

test('a reload that ends while files are being changed leaves the marker', async (t) => {
  const { open, marker } = await setUp(t);
  const reloader = open();
  await reloader.expect();
  reloader.want();
  await reloader.expect();
  await reloader.settled();
  assert.ok(existsSync(marker));
  reloader.unchanged();
  await reloader.settled();
  assert.ok(!existsSync(marker), 'nothing was changed after all');
  assert.equal(reloader.state.reloads, 1);
});

test('what a process had no time for is done by the next one', async (t) => {
  const { open, shipper, marker } = await setUp(t);
  const first = open();
  await first.expect();
  first.want();
  await first.close();
  await first.settled();
  assert.equal(shipper.asked(), 0);
  assert.ok(existsSync(marker));
  const second = open();
  assert.equal(second.state.status, 'waiting');
  await second.settled();
  assert.equal(shipper.count, 1);
  assert.ok(!existsSync(marker));
  await second.close();
  const third = open();
  assert.equal(third.state.status, 'idle');
});

test('a process that is killed while it changes files is followed by one that reloads', async (t) => {
  const { open, shipper, marker } = await setUp(t);
  const script = `
    import { createReloader } from ${JSON.stringify(new URL('../../src/watch/reload.ts', import.meta.url).href)};
    import { createMetrics } from ${JSON.stringify(new URL('../../src/system/metrics.ts', import.meta.url).href)};
    import { silent } from ${JSON.stringify(new URL('../../src/system/log.ts', import.meta.url).href)};
    const reload = () => ({ kind: 'http', method: 'GET', url: 'http://127.0.0.1:1/' });
    const marker = ${JSON.stringify(marker)};
    await createReloader({ agent: 'bit', reload, marker, log: silent, metrics: createMetrics() }).expect();
    process.kill(process.pid, 'SIGKILL');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
  await open().settled();
  assert.equal(shipper.count, 1);
});

test('the close breaks off what hangs, and keeps the marker', async (t) => {
  const { open, shipper, marker, metric, lines } = await setUp(t, { send: sendOnce });
  shipper.manner = 'hang';
  const reloader = open();
  await reloader.expect();
  reloader.want(true);
  await until('the request', () => shipper.asked() === 1);
  const settled = reloader.settled();
  await reloader.close();
  await settled;
  reloader.want(true);
  await reloader.settled();
  await sleep(2 * quick.quiet);
  assert.equal(shipper.asked(), 1);
  assert.ok(existsSync(marker));
  assert.equal(await metric('reloads_total'), undefined, 'it neither worked nor failed');
  assert.deepEqual(lines, []);
});

test('a shipper that looks by itself is told nothing, and nothing is noted', async (t) => {
  let how: Reload | undefined;
  const { open, marker, directory, reload, shipper } = await setUp(t, { reload: () => how });
  const reloader = open();
  await reloader.expect();
  reloader.want(true);
  await reloader.settled();
  assert.deepEqual(reloader.state, { status: 'none', reloads: 0, lastOk: undefined });
  assert.deepEqual(await readdir(directory), []);
  await reloader.close();

  how = reload;
  const second = open();
  await second.expect();
  await second.close();
  assert.ok(existsSync(marker));
  how = undefined;
  const third = open();
  await until('a marker that means nothing any more to go', () => !existsSync(marker));
  how = reload;
  third.want();
  how = undefined;
  await third.settled();
  assert.equal(shipper.requests.length, 0);
});

test('files must not be changed when the marker can not be written', async (t) => {
  const directory = await folder(t);
  const { open } = await setUp(t, { marker: join(directory, 'none', 'marker') });
  const reloader = open();
  await assert.rejects(reloader.expect(), /ENOENT/);
  assert.equal(reloader.state.status, 'idle');
  await mkdir(join(directory, 'none'));
  await reloader.expect();
  assert.ok(existsSync(join(directory, 'none', 'marker')));
});

test('a marker that can not be removed is told of and costs a reload, no more', async (t) => {
  const { open, marker, shipper, lines } = await setUp(t);
  await mkdir(marker);
  const first = open();
  await first.settled();
  assert.equal(shipper.count, 1);
  assert.match(lines.at(-1)?.message ?? '', /can not be removed/);
  await first.close();
  await rmdir(marker);
  assert.equal(open().state.status, 'idle');
});

test('an agent whose reload throws or makes no sense fails by itself', async (t) => {
  let how: () => Reload | undefined = () => {
    throw new Error('no such option');
  };
  const { open, shipper, reload } = await setUp(t, { reload: () => how() });
  const reloader = open();
  await reloader.expect();
  reloader.want();
  await until('its error', () => reloader.state.error === 'no such option');
  how = () => ({ ...shipper.http, url: 'ftp://x' });
  await until('its problem', () => /no http or https address/.test(reloader.state.error ?? ''));
  how = () => reload;
  await reloader.settled();
  assert.equal(reloader.state.reloads, 1);
});
