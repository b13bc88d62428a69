// What ship has taken over from Loggy (D), and what it does better.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { end, launch, until, watching } from '../../support/program.ts';
import { home, cri, docker, numbers, place, start } from '../../support/ships.ts';

async function loggy(t: TestContext, root: string, more: readonly string[] = []) {
  return start(t, ['--preset', 'loggy', '--paths', join(root, '*.log'), '--from', 'beginning', ...more]);
}
const idOf = (digit: string) => digit.repeat(64);

test('D-01 lines are printed in the form of Loggy, once and with one newline; loggy-compat keeps the blank line', async (t) => {
  const { root, put } = place(t);
  const name = `counter_default_count-${idOf('0')}.log`;
  put(name, docker('0: Sun Dec  1 03:33:17 UTC 2019\n') + docker('bad\n', 'stderr'));
  const { text } = await loggy(t, root);
  await until('both', () => text.out.includes('bad'));
  const name1 = 'counter_default_count';
  assert.equal(text.out, `${name1}/[info] : 0: Sun Dec  1 03:33:17 UTC 2019\n${name1}/[error] : bad\n`);
  const old = await loggy(t, root, ['--encoding', 'loggy-compat']);
  await until('both', () => old.text.out.includes('bad'));
  assert.ok(old.text.out.endsWith('counter_default_count/[error] : bad\n\n'));
});
test('D-01 a pod with a dash in its name keeps all of it; what has no such name is called by its file', async (t) => {
  const { root, put } = place(t);
  put(`my-pod_default_my-count-${idOf('0')}.log`, docker('a\n'));
  put('other-1.log', docker('b\n'));
  const { lines } = await loggy(t, root);
  await until('both', () => lines().length === 2);
  assert.deepEqual(lines().toSorted(), ['my-pod_default_my-count/[info] : a', 'other/[info] : b']);
});

test('D-02 files of kube-system give nothing; left out by namespace a pod with such a name is kept', async (t) => {
  const { root, put } = place(t);
  const file = (pod: string, namespace: string) => put(`${pod}_${namespace}_c-${idOf('0')}.log`, docker(`${pod}\n`));
  file('coredns', 'kube-system');
  file('my-kube-system-x', 'default');
  file('web', 'default');
  const usualPreset = await loggy(t, root);
  await until('one', () => usualPreset.lines().length > 0);
  assert.deepEqual(usualPreset.lines(), ['web_default_c/[info] : web']);
  const by = ['--encoding', 'loggy', '--paths', join(root, '*.log'), '--exclude-namespaces', 'kube-system'];
  const namespaced = await start(t, by);
  await until('two', () => namespaced.lines().length > 1);
  assert.deepEqual(namespaced.lines().toSorted(), [
    'my-kube-system-x_default_c/[info] : my-kube-system-x',
    'web_default_c/[info] : web',
  ]);
});

test('D-03 a file that comes later is followed from its first line', async (t) => {
  const { root, put } = place(t);
  put(`a_default_c-${idOf('0')}.log`, docker('there before\n'));
  const { lines } = await start(t, ['--preset', 'loggy', '--paths', join(root, '*.log')]);
  const name = `b_default_c-${idOf('1')}.log`;
  // By then the first look is over.
  put(`a_default_c-${idOf('0')}.log`, '');
  await new Promise((resolve) => setImmediate(resolve));
  put(name, docker('first\n') + docker('second\n'));
  await until('both', () => lines().length >= 2);
  assert.deepEqual(lines(), ['b_default_c/[info] : first', 'b_default_c/[info] : second']);
});

test('D-04 Online once; a start that fails says so and ends with no 0', async (t) => {
  const { root } = place(t);
  const begin = (...args: string[]) => {
    const child = launch(['ship', '--preset', 'loggy', '--paths', join(root, '*.log'), ...args], {
      PATH: process.env['PATH'],
    });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  const running = watching(begin('--status-address', 'off'));
  const online = () => running.lines.filter(({ message }) => message === 'Online').length;
  await until('Online', () => online() > 0);
  assert.equal((await running.stop()).code, 0);
  assert.equal(online(), 1);
  const { code, stderr } = await end(begin('--status-address', 'nonsense'));
  assert.notEqual(code, 0);
  assert.match(stderr, /^Failed to start!$/m);
});

test('D-05 lines of CRI, mixed files and broken JSON are printed, and it lives', async (t) => {
  const { root, put } = place(t);
  put(`a_default_c-${idOf('0')}.log`, `${cri('cri')}${docker('docker\n')}{"log":"broken\n\nplain\n${cri('last')}`);
  const { lines } = await loggy(t, root);
  await until('the last', () => lines().at(-1) === 'a_default_c/[info] : last');
  assert.deepEqual(
    lines().map((line) => line.split(' : ')[1] ?? ''),
    ['cri', 'docker', '{"log":"broken', '', 'plain', 'last'],
  );
});

for (const way of ['rename', 'copytruncate'])
  test(`D-06 over ${way} each line of a counter comes once`, async (t) => {
    const { root, put } = place(t);
    const path = put(`a_default_c-${idOf('0')}.log`, '');
    const { lines } = await loggy(t, root);
    for (const i of numbers(1000)) {
      appendFileSync(path, docker(`${i}\n`));
      if (Number(i) % 250 !== 0) continue;
      if (way === 'rename') renameSync(path, `${path}.${i}`);
      await until('all so far', () => lines().length === Number(i));
      if (way === 'rename') continue;
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
    }
    await until('all', () => lines().length >= 1000);
    assert.deepEqual(
      lines(),
      numbers(1000).map((i) => `a_default_c/[info] : ${i}`),
    );
  });

test('D-07 a file that can not be read does not hold up others; one that is removed is forgotten', async (t) => {
  const { root, put } = place(t);
  mkdirSync(join(root, `dir_default_c-${idOf('0')}.log`));
  symlinkSync('loop_default_c-2.log', join(root, 'loop_default_c-2.log'));
  const path = put(`gone_default_c-${idOf('1')}.log`, docker('a\n'));
  put(`web_default_c-${idOf('1')}.log`, docker('b\n'));
  const { lines, get } = await loggy(t, root, ['--linger', '0']);
  await until('both', () => lines().length === 2);
  unlinkSync(path);
  await until('it to be forgotten', async () => /logwatch_ship_files\{[^}]*\} 1$/m.test((await get('/metrics')).body));
  put(`web_default_c-${idOf('1')}.log`, docker('c\n'));
  await until('the next', () => lines().includes('web_default_c/[info] : c'));
});
test('D-07 an error of a file is `ERROR: …` on stderr, once, and others go on', async (t) => {
  const { root, put } = place(t);
  const name = `dir_default_c-${idOf('0')}.log`;
  mkdirSync(join(root, 'real'));
  symlinkSync('real', join(root, name));
  symlinkSync('loop_default_c-2.log', join(root, 'loop_default_c-2.log'));
  put(`web_default_c-${idOf('1')}.log`, docker('a\n'));
  const { text } = await loggy(t, root);
  await until('the line', () => text.out.includes('web_default_c/[info] : a'));
  put(`web_default_c-${idOf('1')}.log`, docker('b\n'));
  await until('the next', () => text.out.includes('web_default_c/[info] : b'));
  const errors = text.err.split('\n').filter(Boolean);
  assert.deepEqual(errors.toSorted(), [
    `ERROR: ${join(root, 'loop_default_c-2.log')}: a loop of links`,
    `ERROR: ${join(root, 'real')} is no file`,
  ]);
});

test('D-08 --post sends each line once, as JSON, with its whole name in parts', async (t) => {
  const { root, put } = place(t);
  const got: Record<string, unknown>[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (requests++ === 0) {
        response.writeHead(503).end();
        return;
      }
      got.push(...(JSON.parse(gunzipSync(Buffer.concat(parts)).toString()) as Record<string, unknown>[]));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const name = `my-pod_default_count-${idOf('a')}.log`;
  put(
    name,
    numbers(100)
      .map((i) => docker(`${i}\n`))
      .join(''),
  );
  const post = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await start(t, ['--sink', 'http', '--post', post, '--paths', join(root, '*.log')]);
  await until('all', () => got.length >= 100);
  assert.deepEqual(
    got.map(({ log }) => log),
    numbers(100),
  );
  const { namespace, pod, container, path } = got[0] ?? {};
  assert.deepEqual([namespace, pod, container, path], ['default', 'my-pod', 'count', join(root, name)]);
});

test('D-08 the preset with --post alone: the whole name as well as its parts', async (t) => {
  const { root, put } = place(t);
  const got: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push(...(JSON.parse(gunzipSync(Buffer.concat(parts)).toString()) as Record<string, unknown>[]));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  put(`my-pod_default_count-${idOf('a')}.log`, docker('a\n'));
  await loggy(t, root, ['--post', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`]);
  await until('the line', () => got.length === 1);
  const { name, namespace, pod, container, log } = got[0] ?? {};
  assert.deepEqual([name, pod, namespace, container, log], ['my-pod_default_count', 'my-pod', 'default', 'count', 'a']);
});

test('D-10 a reader of the article finds our equivalent of each command in one page', () => {
  const page = readFileSync(join(home, 'docs/ship.md'), 'utf8');
  const [, part = ''] = page.split('## Coming from Loggy');
  const [section = ''] = part.split('\n## ');
  for (const word of ['--preset loggy', '--post URL', 'manifests/loggy/counter.yaml', 'manifests/loggy/test-run.yaml'])
    assert.ok(section.includes(word), word);
  for (const command of [
    'apply -k manifests/loggy',
    'logs -f',
    'exec -it',
    'delete -k manifests/loggy',
    'docker build',
  ])
    assert.ok(section.includes(command), command);
  for (const [, path = ''] of section.matchAll(/(manifests\/[\w./-]+)/g)) assert.ok(existsSync(join(home, path)), path);
});
