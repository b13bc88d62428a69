import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { end, launch, watching } from '../support/program.ts';
import { until } from './support/until.ts';

/** A file system with so much room; undefined where this user or kernel has none to give. */
async function small(t: TestContext, size: string) {
  const directory = await mkdtemp(join(tmpdir(), 'serve-full-'));
  t.after(async () => {
    spawnSync('umount', ['-l', directory], { stdio: 'ignore' });
    await rm(directory, { recursive: true });
  });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory]).status !== 0) return undefined;
  const resize = (to: string) =>
    assert.equal(spawnSync('mount', ['-o', `remount,size=${to}`, directory]).status, 0, 'more room');
  return { directory, resize };
}

/** Text that can't be made smaller. */
const noise = (seed: number) =>
  Array.from({ length: 25 }, (_, i) => (Math.imul(seed * 25 + i + 1, 2_654_435_761) >>> 0).toString(36)).join('');

test('B-20, C-11: a disk that is full, also when it is killed and started again there, and room again', async (t) => {
  const place = await small(t, '5m');
  if (!place) return t.skip('no file system can be mounted here');
  const start = async () => {
    const argv = ['serve', '--port=0', '--bind-address=127.0.0.1', `--data-path=${place.directory}`];
    const program = watching(launch(argv, { PATH: process.env['PATH'] }));
    t.after(() => program.child.kill('SIGKILL'));
    await until('the start', async () => {
      if (program.child.exitCode !== null) assert.fail((await program.ended).stderr);
      return program.url !== '';
    });
    return program;
  };
  const batchOf = (number: number) =>
    Array.from({ length: 100 }, (_, index) => ({
      log: `${number} ${index} ${noise(number * 100 + index)}`,
      time: new Date(Date.UTC(2026, 0, 1) + number * 1000 + index).toISOString(),
      kubernetes: { namespace_name: 'default', pod_name: `web-${number % 3}`, container_name: 'web' },
    }));
  const post = async (url: string, number: number) => {
    const answer = await fetch(`${url}/write`, { method: 'POST', body: JSON.stringify(batchOf(number)) });
    return [answer.status, await answer.text()] as const;
  };
  const acknowledged = new Set<number>();
  const compare = async (url: string) => {
    const answer = await fetch(`${url}/api/export`);
    assert.equal(answer.status, 200);
    const found = (await answer.text()).split('\n').slice(0, -1).map((row) => (JSON.parse(row) as { log: string }).log); // prettier-ignore
    const expected = [...acknowledged].sort((a, b) => a - b).flatMap((number) => batchOf(number).map(({ log }) => log));
    assert.deepEqual(found, expected);
  };

  const first = await start();
  let number = 0;
  let refused: readonly [number, string] = [0, ''];
  for (; refused[0] === 0; number += 1) {
    const [status, text] = await post(first.url, number);
    if (status === 200) acknowledged.add(number);
    else refused = [status, text];
  }
  assert.equal(refused[0], 500);
  assert.match(refused[1], /^\{"message":"failed to store entries","detail":".*used up"\}$/);
  assert.ok(acknowledged.size > 20, `${acknowledged.size} batches fit`);
  await compare(first.url);
  assert.equal((await fetch(`${first.url}/livez`)).status, 200);
  // What is smaller may fit for a while; then nothing does.
  for (let rest = 0; rest < 30; rest += 1, number += 1)
    if ((await post(first.url, number))[0] === 200) acknowledged.add(number);
  await first.stop('SIGKILL');

  const second = await start();
  await compare(second.url);
  const lost = number;
  for (let rest = 0; rest < 200; rest += 1, number += 1)
    if ((await post(second.url, number))[0] === 200) acknowledged.add(number);
  place.resize('40m');
  await until('writes to work again', async () => (await post(second.url, lost))[0] === 200);
  acknowledged.add(lost);
  for (let rest = 0; rest < 20; rest += 1, number += 1) {
    assert.deepEqual(await post(second.url, number), [200, '']);
    acknowledged.add(number);
  }
  await compare(second.url);
  t.diagnostic(`${acknowledged.size} of ${number} batches were acknowledged`);
  const { code } = await second.stop();
  assert.equal(code, 0);
});

test('B-20: a disk without any room at the start is told, with the way out', async (t) => {
  const place = await small(t, '1m');
  if (!place) return t.skip('no file system can be mounted here');
  const fill = spawnSync('dd', ['if=/dev/zero', `of=${place.directory}/ballast`, 'bs=4096'], { stdio: 'ignore' });
  assert.notEqual(fill.status, 0, 'there is no room left');
  const { code, stderr } = await end(
    launch(['serve', '--port=0', `--data-path=${place.directory}`], { PATH: process.env['PATH'] }),
  );
  assert.equal(code, 1);
  assert.match(stderr, /--data-path .* can't be used: .*The disk, or what this user may take of it, is used up/);
});
