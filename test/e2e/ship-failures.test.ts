import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { launch, until, watching } from '../support/program.ts';
import { startCollector } from './support/collector.ts';
import { kill, makeWorld, numbers, startShip } from './support/tailing.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const root = process.getuid?.() === 0;
const mounts = root && spawnSync('unshare', ['-m', 'true']).status === 0;
const patience = 120_000;
const lines = (from: number, to: number) => `${numbers(from, to).join('\n')}\n`;

test('L-12 offsets that are torn, of another node, or nonsense: nothing is lost, and it is told', async (t) => {
  const { log, state, collector, start, arrive } = await makeWorld(t);
  const path = log('web');
  writeFileSync(path, lines(0, 100));
  const first = await start();
  await arrive(100);
  await first.stop();
  const [name = ''] = readdirSync(state);
  const file = join(state, name);
  const whole = readFileSync(file, 'utf8');
  const damages = [
    ['torn', whole.slice(0, 50)],
    ['empty', ''],
    ['of no known version', '{"version":99}'],
    ['nonsense', JSON.stringify({ version: 1, number: 1, files: { [path]: { files: 'x' }, '/b': null } })],
    ['of another node', whole.replaceAll(/"ino":\d+/g, '"ino":4').replaceAll('"head":[', '"head":[1')],
  ] as const;
  let line = 100;
  for (const [what, content] of damages) {
    writeFileSync(file, content);
    collector.arrived.length = 0;
    appendFileSync(path, lines(line, line + 10));
    line += 10;
    const ship = await start();
    await arrive(line);
    assert.deepEqual(collector.lines('0.log'), numbers(0, line), what);
    const unreadable = ship.lines.some(({ level, message }) => level === 'warn' && message.includes('unreadable'));
    assert.equal(unreadable, ['torn', 'empty', 'of no known version'].includes(what), what);
    assert.equal((await ship.stop()).code, 0);
  }
});

test('L-15 times of lines and of files that go back or lie ahead: the order is that of the files', async (t) => {
  const { log, collector, start, arrive } = await makeWorld(t);
  const path = log('web');
  const line = (i: number) => {
    const time = new Date(Date.now() + (i % 3 === 0 ? -7200 : i % 3 === 1 ? 7200 : 0) * 1000).toISOString();
    return `${time} stdout F ${i}\n`;
  };
  writeFileSync(path, '');
  await start();
  let i = 0;
  for (let round = 0; round < 6; round++) {
    // The file has been seen: what was never seen under its own name is known by its time alone.
    appendFileSync(path, line(i++));
    await arrive(i);
    for (const end = i + 50; i < end; i++) appendFileSync(path, line(i));
    const time = Date.now() / 1000 + (round % 2 ? -7200 : 7200);
    utimesSync(path, time, time);
    renameSync(path, `${path}.20260102-${100_000 + round}`);
    writeFileSync(path, '');
    await arrive(i);
  }
  assert.deepEqual(collector.lines('0.log'), numbers(0, i));
});

test('L-14 the destination is down while much is written: memory stays, another destination goes on', async (t) => {
  const { root, log, pods, state, collector } = await makeWorld(t);
  const other = await startCollector(t);
  other.manner = 'refuse';
  const config = join(root, 'config.json');
  const destinations = [
    { name: 'well', sink: 'http', encoding: 'ndjson', url: collector.url },
    { name: 'down', sink: 'http', encoding: 'ndjson', url: other.url },
  ];
  writeFileSync(config, JSON.stringify({ paths: [pods], state_path: state, destinations }));
  const args = ['ship', '--config', config, '--status-address', 'off', '--interval', '0.2', '--backoff-most', '0.2'];
  const child = launch(args, { PATH: process.env['PATH'] });
  t.after(() => child.kill('SIGKILL'));
  watching(child);
  const memory = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
  const text = 'x'.repeat(1000);
  const path = log('web');
  for (let i = 0; i < 100_000; i += 1000)
    appendFileSync(
      path,
      numbers(i, i + 1000)
        .map((number) => `${number} ${text}\n`)
        .join(''),
    );
  await until(
    'all at the one',
    () => collector.stored.reduce((sum, { count }) => sum + count, 0) === 100_000,
    patience,
  );
  assert.equal(other.arrived.length, 0);
  assert.ok(memory() < 300, `${memory()} MiB`);
  t.diagnostic(`${Math.round(memory())} MiB`);
  other.manner = 'well';
  await until('all at the other', () => other.arrived.length === 100_000, patience);
  assert.ok(other.arrived.every(({ log }, i) => log.startsWith(`${i} `)));
});

test('L-18 300 files that rotate all the time: the number of handles is bounded', async (t) => {
  const { log, collector, start, arrive } = await makeWorld(t);
  const paths = numbers(0, 300).map((i) => log(`pod${i}`));
  for (const path of paths) writeFileSync(path, '');
  const ship = await start({ '--linger': '0.3' });
  const handles = () => readdirSync(`/proc/${ship.child.pid}/fd`).length;
  const before = handles();
  let most = 0;
  for (let round = 0; round < 5; round++) {
    for (const path of paths) {
      appendFileSync(path, `${round}\n`);
      renameSync(path, `${path}.20260102-${100_000 + round}`);
      writeFileSync(path, '');
    }
    await arrive((round + 1) * paths.length);
    most = Math.max(most, handles());
  }
  await until('the handles to be let go', () => handles() <= before + 310, patience);
  t.diagnostic(`${before} handles before, ${most} at most, ${handles()} then`);
  for (const i of [0, 100, 299]) assert.deepEqual(collector.lines(`pod${i}/app/0.log`), numbers(0, 5));
  for (const path of paths) rmSync(dirname(path), { recursive: true });
  await until('all to be let go', () => handles() <= before, patience);
});

test('L-10 without any inotify watch all is found by looking', { skip: !root && 'this is not root' }, async (t) => {
  const { log, pods, state, collector, arrive } = await makeWorld(t);
  const script = 'echo 0 >/proc/sys/user/max_inotify_watches && exec "$@"';
  const options = ['--paths', pods, '--state-path', state, '--sink', 'http', '--encoding', 'ndjson', '--url'];
  const own = ['--interval', '0.2', '--batch-wait', '0.02', '--status-address', 'off'];
  const command = [process.execPath, main, 'ship', ...options, collector.url, ...own];
  const child = spawn('unshare', ['-U', '-r', 'sh', '-c', script, 'sh', ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said += String(part)));
  t.after(() => child.kill('SIGKILL'));
  await until('its start', () => said.includes('"started"') || child.exitCode !== null, patience);
  if (child.exitCode !== null) return t.skip(`no namespaces for users here: ${said}`);
  const path = log('web');
  appendFileSync(path, lines(0, 10));
  await arrive(10);
  renameSync(path, `${path}.20260102-100000`);
  appendFileSync(path, lines(10, 20));
  await arrive(20);
  await until('a quiet file', () => said.includes('polled'), patience);
  appendFileSync(path, lines(20, 30));
  await arrive(30);
  assert.deepEqual(collector.lines('0.log'), numbers(0, 30));
  return undefined;
});

test(
  'L-17 permission lost and regained; a file in place of a directory; others go on',
  { skip: !root && 'this is not root' },
  async (t) => {
    const { root, log, pods, state, collector, arrive } = await makeWorld(t);
    const tried = spawnSync(process.execPath, [main, '--version'], { uid: 65534, gid: 65534 });
    if (tried.status !== 0) return t.skip('another user can not start the program here');
    const [web, other] = [log('web'), log('other')];
    for (const path of [web, other]) writeFileSync(path, lines(0, 10));
    mkdirSync(state);
    chownSync(state, 65534, 65534);
    chmodSync(root, 0o755);
    const ship = await startShip(t, collector, { '--paths': pods, '--state-path': state }, {}, 65534);
    await arrive(20);
    const told = () => ship.lines.filter(({ level }) => level === 'warn' || level === 'error').length;
    const before = told();

    // A new file that may not be read, and one in its place that may.
    renameSync(web, `${web}.20260102-100000`);
    writeFileSync(web, lines(10, 20), { mode: 0 });
    appendFileSync(other, lines(10, 20));
    await until(
      'the others, and word of the one',
      () => collector.lines('other/app/0.log').length === 20 && told() > before,
    );
    chmodSync(web, 0o644);
    await until('the one', () => collector.lines('web/app/0.log').length === 20);

    // The directory of the pod, and that of all pods.
    for (const [directory, from] of [
      [join(web, '../..'), 20],
      [join(root, 'pods'), 30],
    ] as const) {
      chmodSync(directory, 0);
      appendFileSync(web, lines(from, from + 10));
      await until('word of it', () =>
        ship.lines.some(({ message, problems }) => `${message} ${String(problems)}`.includes(directory)),
      );
      appendFileSync(other, lines(from, from + 10));
      chmodSync(directory, 0o755);
      await until(
        'both',
        () =>
          collector.lines('other/app/0.log').length >= from + 10 &&
          collector.lines('web/app/0.log').length >= from + 10,
      );
    }
    assert.deepEqual(collector.lines('web/app/0.log'), numbers(0, 40));
    assert.deepEqual(
      collector.lines('other/app/0.log'),
      numbers(0, 40).filter((i) => Number(i) < 40),
    );
    assert.ok(told() - before < 20, `it was told ${told() - before} times`);
    assert.equal((await ship.stop()).code, 0);
  },
);

describe('with file systems of its own', { skip: !mounts && 'nothing can be mounted here' }, () => {
  test('L-12 the disk with the offsets is full, and then is not', async (t) => {
    const { log, state, collector, start, arrive, mount } = await makeWorld(t);
    mount(state, ['-t', 'tmpfs', '-o', 'size=64k', 'none']);
    const path = log('web');
    writeFileSync(path, lines(0, 100));
    const ship = await start();
    await arrive(100);
    const full = join(state, 'full');
    spawnSync('dd', ['if=/dev/zero', `of=${full}`, 'bs=4k', 'count=64'], { stdio: 'ignore' });
    const tells = () => ship.lines.filter(({ message }) => message.includes('offsets'));
    let line = 100;
    for (let i = 0; i < 500 && tells().length === 0; i++, line++) {
      appendFileSync(path, `${line}\n`);
      await arrive(line + 1);
    }
    assert.ok(tells().length > 0, 'it was not told');
    for (let i = 0; i < 100; i++, line++) {
      appendFileSync(path, `${line}\n`);
      await arrive(line + 1);
    }
    assert.ok(tells().length < 10, `told ${tells().length} times`);
    rmSync(full);
    appendFileSync(path, `${line++}\n`);
    await arrive(line);
    // Arrived is not yet acknowledged and noted.
    const { size } = statSync(path);
    await until('it to be noted', () =>
      readdirSync(state).some((name) => readFileSync(join(state, name), 'utf8').includes(`"offset":${size},`)),
    );
    await kill(ship);
    const next = await start();
    appendFileSync(path, `${line++}\n`);
    await arrive(line);
    assert.equal((await next.stop()).code, 0);
    assert.deepEqual([...new Set(collector.lines('0.log'))], numbers(0, line));
    // What was acknowledged while the disk was full is not known to the next process; what came later is.
    const repeated = collector.arrived.length - line;
    assert.equal(repeated, 0);
  });

  test('L-12 asked to end while the disk is full it sends all, and ends', async (t) => {
    const { log, state, collector, start, arrive, mount } = await makeWorld(t);
    mount(state, ['-t', 'tmpfs', '-o', 'size=64k', 'none']);
    const path = log('web');
    writeFileSync(path, lines(0, 100));
    const ship = await start();
    await arrive(100);
    spawnSync('dd', ['if=/dev/zero', `of=${join(state, 'full')}`, 'bs=4k', 'count=64'], { stdio: 'ignore' });
    appendFileSync(path, lines(100, 200));
    const { code, stderr } = await ship.stop();
    assert.equal(code, 0, stderr);
    assert.deepEqual(collector.lines('0.log'), numbers(0, 200));
  });

  test('a directory that is unmounted for a while: nothing is lost, nothing comes twice', async (t) => {
    const { root, collector, state, arrive, mount } = await makeWorld(t);
    const behind = join(root, 'behind');
    const at = join(root, 'mounted');
    const path = join(behind, 'web/0.log');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, lines(0, 10));
    let unmount = mount(at, ['--bind', behind]);
    const options = { '--paths': `${at}/*/*.log`, '--state-path': state, '--linger': '0.2' };
    const ship = await startShip(t, collector, options);
    await arrive(10);
    for (const [round, restart] of [false, true].entries()) {
      unmount();
      await until(
        'it to be let go',
        async () => (await ship.metric('logwatch_ship_files{destination="http"}')) === 0,
        30_000,
      ).catch(() => undefined);
      appendFileSync(path, lines(10 + round * 10, 20 + round * 10));
      if (restart) await ship.stop();
      const after = restart ? await startShip(t, collector, options) : ship;
      unmount = mount(at, ['--bind', behind]);
      await arrive(20 + round * 10);
      assert.deepEqual(collector.lines('web/0.log'), numbers(0, 20 + round * 10));
      if (restart) assert.equal((await after.stop()).code, 0);
    }
  });
});
