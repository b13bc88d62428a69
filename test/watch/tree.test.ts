import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { end, launch, until } from '../support/program.ts';
import { temporaryDirectory } from '../support/tree.ts';

const env = { PATH: process.env['PATH'] };

test('C-01: a directory is printed as a tree; what can not be followed spoils nothing', async (t) => {
  const base = await temporaryDirectory(t);
  const root = join(base, 'logs');
  await mkdir(join(root, 'pods/default_web_1/app'), { recursive: true });
  await mkdir(join(root, 'empty'));
  await writeFile(join(root, 'pods/default_web_1/app/0.log'), '');
  await symlink('pods/default_web_1/app', join(root, 'a-link'));
  await symlink('../nowhere', join(root, 'broken'));
  await symlink('..', join(root, 'pods/up'));
  await symlink('itself', join(root, 'itself'));
  const { code, stdout, stderr } = await end(launch(['tree', root], env));
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(
    stdout,
    `${root}/
  a-link/
    0.log
  broken -> ../nowhere (broken)
  empty/
  itself -> itself (a loop)
  pods/
    default_web_1/
      app/
        0.log
    up -> .. (a loop)
`,
  );
});

test('C-01: a root that can not be read is told in two lines, and the next turn works', async (t) => {
  const base = await temporaryDirectory(t);
  const child = launch(['tree', join(base, 'late'), '--interval', '0.05s'], env);
  t.after(() => child.kill('SIGKILL'));
  const ended = end(child);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (part: Buffer) => (out += part.toString()));
  child.stderr?.on('data', (part: Buffer) => (err += part.toString()));
  await until('the warning', () => err.split('\n').length > 2);
  assert.match(err, /^\S+late can not be shown: .*ENOENT.*\nit is looked at again in 0.05 s\n/);
  await mkdir(join(base, 'made'));
  await rename(join(base, 'made'), join(base, 'late'));
  await until('the tree', () => out !== '');
  assert.ok(out.startsWith(`${base}/late/\n`));
  child.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});

test('an interval that is none is told', async () => {
  const { code, stderr } = await end(launch(['tree', '/', '--interval', 'soon'], env));
  assert.deepEqual([code, stderr], [2, '`--interval` is "soon": give seconds, as 30s\n']);
});
