import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import serve from '../../src/all/commands/serve.ts';
import { ConfigError } from '../../src/config/error.ts';
import { collecting, well } from '../support/collecting.ts';
import type { Env } from '../support/program.ts';
import { processOf } from '../support/ships.ts';

const directory = ['--log-collector', 'Directory', '--root-path'];

test('C-02: what is wrong with the collector ends it', async (t) => {
  const { at, write, root, run } = await collecting(t);
  mkdirSync(at('d'));
  mkdirSync(at('data'));
  write('file', '');
  const problems = async (args: readonly string[], env: Env = {}) => {
    const argv = ['serve', '--collect', '--data-path', at('data'), ...args];
    const { process } = processOf(argv, env);
    const error = await serve.run(process).then(
      () => assert.fail('it has run'),
      (error: unknown) => error,
    );
    assert.ok(error instanceof ConfigError);
    return error.problems.join('\n');
  };
  const collector = /^`--log-collector`.* is "x", .* one of Directory, Kubernetes\.$/m;
  assert.match(await problems(['--log-collector', 'x']), collector);
  assert.match(await problems([], { LOG_COLLECTOR: 'x' }), collector);
  assert.match(await problems(['--log-collector=directory']), /^`--root-path` \(ROOT_PATH\) is required with .*\.$/);
  for (const env of [{}, { LOG_COLLECTOR: 'Directory' }])
    assert.match(
      await problems(['--root-path', at('none')], env),
      /^`--root-path` \(ROOT_PATH\) is ".*none"; .* exists\.$/,
    );
  assert.match(await problems([...directory, at('file')]), /^`--root-path`.*directory that exists\.$/);
  assert.match(await problems([...directory, at('none'), '--store', 'paper']), /`--store`[^]*`--root-path`/);
  assert.match(
    await problems([...directory, root, '--data-path', root]),
    /^`--root-path`.* same directory as `--data-path`/,
  );
  assert.match(await problems([...directory, at('d')], { WATCHER_MAX_LINE: 'long' }), /WATCHER_MAX_LINE/);

  const { code, stdout, stderr } = await run([...directory, 'none']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.equal(stderr, '`--root-path` (ROOT_PATH) is "none"; it has to be a directory that exists.\n');
});

test('C-02: without --collect nothing is collected, and it is told', async (t) => {
  const { at, start, write, status } = await collecting(t);
  mkdirSync(at('d'));
  const program = await start([], { LOG_COLLECTOR: 'Directory', ROOT_PATH: 'd' }, false);
  write('d/hello.log', 'hello!\n');
  assert.deepEqual(await status(), { files_len: 0, index_keys: [] });
  const { code, told } = await program.stop();
  assert.deepEqual([code, told.length], [0, 1]);
  assert.match(told.join(), /nothing is collected without --collect/);
});

test('C-02, C-03: told by variables; a line that is written is there by its path; nothing else is', async (t) => {
  const { at, start, write, holds, status, logs } = await collecting(t);
  mkdirSync(at('d'));
  const program = await start([], { LOG_COLLECTOR: 'Directory', ROOT_PATH: 'd' });
  assert.deepEqual(await status(), { files_len: 0, index_keys: [] });
  write('d/hello.log', 'hello!\n');
  await holds('path', 'd/hello.log', ['hello!']);
  assert.deepEqual(await status(), { files_len: 1, index_keys: ['path=d/hello.log'] });
  for (const [key, value] of [
    ['path', 'd/other.log'],
    ['path', 'hello.log'],
    ['stream', 'stdout'],
    ['nothing', 'd/hello.log'],
  ] as const)
    assert.equal(await logs(key, value), 404, `${key}/${value}`);
  assert.deepEqual(await program.stop(), well);
});

test('C-04, C-08: in order, whole, over restarts; what was there before the first start is left alone', async (t) => {
  const { at, start, write, holds, status, logs } = await collecting(t);
  write('d/old.log', 'before\n');
  // What a runtime would write is a line as others are.
  const text = '{"log":"a – “b”\\n","stream":"stderr","time":"2026-01-02T03:04:05Z"}';
  let program = await start([...directory, 'd/']);
  write('d/old.log', 'one\ntwo\n');
  write('d/deep/er/new.log', `${text}\nhalf `);
  await holds('path', 'd/old.log', ['one', 'two']);
  write('d/deep/er/new.log', 'a line\n');
  await holds('path', 'd/deep/er/new.log', [text, 'half a line']);
  assert.deepEqual(await program.stop(), well);

  write('d/old.log', 'three\n');
  write('d/late.log', 'late\n');
  program = await start([...directory, 'd/']);
  await holds('path', 'd/old.log', ['one', 'two', 'three']);
  await holds('path', 'd/late.log', ['late']);
  await program.stop('SIGKILL');

  write('d/old.log', 'four\n');
  program = await start([...directory, 'd/']);
  await holds('path', 'd/old.log', ['one', 'two', 'three', 'four']);
  await holds('path', 'd/deep/er/new.log', [text, 'half a line']);
  assert.equal((await status()).files_len, 3);
  assert.equal(await logs('path', 'd/nothing.log'), 404);
  assert.deepEqual(await program.stop(), well);
  assert.ok(at('data'));
});

test('C-04: the own data below the root is no log', async (t) => {
  const { start, write, holds, status } = await collecting(t);
  const program = await start([...directory, '.']);
  write('a.log', 'one\n');
  await holds('path', 'a.log', ['one']);
  write('a.log', 'two\n');
  await holds('path', 'a.log', ['one', 'two']);
  assert.deepEqual((await status()).index_keys, ['path=a.log']);
  assert.deepEqual(await program.stop(), well);

  write('data/logs/b.log', '');
  const inside = await start([...directory, 'data/logs']);
  write('data/logs/b.log', 'three\n');
  await holds('path', 'data/logs/b.log', ['three']);
  assert.equal((await inside.stop()).code, 0);
});

test('C-05: links: the root, a file outside, one inside, and all of them together', async (t) => {
  const { at, start, write, link, holds, status } = await collecting(t);
  write('real, [a]/a.log', '');
  write('elsewhere/outside.log', '');
  link('real, [a]', 'd');
  link('a.log', 'd/beside.log');
  link('../elsewhere/outside.log', 'd/out.log');
  link(at('real, [a]/a.log'), 'd/absolute.log');
  link('nowhere', 'd/dangling.log');
  const paths = ['d/a.log', 'd/absolute.log', 'd/beside.log'];
  const keys = (paths: readonly string[]) => paths.map((path) => `path=${path}`);

  let program = await start([...directory, 'd']);
  write('d/a.log', 'one\n');
  write('elsewhere/outside.log', 'out\n');
  for (const path of paths) await holds('path', path, ['one']);
  await holds('path', 'd/out.log', ['out']);
  assert.deepEqual(await status(), { files_len: 4, index_keys: keys([...paths, 'd/out.log']) });
  assert.deepEqual(await program.stop(), well);

  // The same directory by its own name, with signs that patterns have.
  program = await start([...directory, 'real, [a]']);
  write('real, [a]/a.log', 'two\n');
  const own = paths.map((path) => path.replace('d', 'real, [a]'));
  for (const path of own) await holds('path', path, ['two']);
  for (const path of paths) await holds('path', path, ['one']);
  assert.deepEqual(await program.stop(), well);
});

for (const [manner, rotate] of Object.entries({
  copytruncate(path: string, round: number) {
    copyFileSync(path, `${path}.${round}`);
    truncateSync(path);
  },
  rename(path: string, round: number) {
    renameSync(path, `${path}.${round}`);
    writeFileSync(path, '');
  },
}))
  test(`C-07: numbers go on without a gap over rotations by ${manner}`, async (t) => {
    const { at, start, write, holds, status } = await collecting(t);
    mkdirSync(at('d'));
    const program = await start([...directory, 'd']);
    const all: string[] = [];
    for (let round = 1; round <= 4; round++) {
      const lines = Array.from({ length: 50 }, (_, index) => String(all.length + index));
      all.push(...lines);
      write('d/n.log', `${lines.join('\n')}\n`);
      if (round % 2) await holds('path', 'd/n.log', all);
      rotate(at('d/n.log'), round);
    }
    write('d/n.log', 'last\n');
    await holds('path', 'd/n.log', [...all, 'last']);
    assert.deepEqual((await status()).index_keys, ['path=d/n.log']);
    assert.deepEqual(await program.stop(), well);
  });
