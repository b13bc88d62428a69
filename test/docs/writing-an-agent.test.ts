import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { checks } from '../../src/kit/checks.ts';
import { temporaryDirectory } from '../support/tree.ts';

const root = join(import.meta.dirname, '../..');
const page = await readFile(join(root, 'docs/writing-an-agent.md'), 'utf8');

/** Files, each with its path in the paragraph before, and commands, in the order of the page. */
const blocks = [...page.matchAll(/(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms)].map(
  ([, path, kind, text = '']) => ({
    path,
    kind,
    text,
  }),
);

test('the page can be followed to the letter', async (t) => {
  const directory = await temporaryDirectory(t);
  const program = join(directory, '.bin', 'kube-log-watcher');
  await mkdir(dirname(program));
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'src/main.ts')}" "$@"\n`);
  await chmod(program, 0o755);
  const env = { PATH: `${dirname(program)}:${process.env['PATH']}` };
  let printed = '';
  for (const { path, kind, text } of blocks) {
    if (kind === 'sh') {
      const { stdout } = await promisify(execFile)('sh', ['-ec', text], { cwd: directory, env });
      printed += stdout;
    } else {
      assert.ok(path, `whose file is this? ${text}`);
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
  }
  assert.equal(printed.match(/^ {2}passed$/gm)?.length, 4);
  assert.match(printed, /^\/etc\/tailor\/\S+\.json\n {2}\{$/m);
  assert.match(printed, /"team": "the \\"A\\" team"/);
  assert.match(printed, /^\/etc\/cutter\/list\.json$/m);
  assert.deepEqual((await readdir(join(directory, 'my-agents/golden/tailor/plain/expected/etc/tailor'))).sort(), [
    'one.json',
    'two.json',
  ]);
});

test('the code on the page type-checks', async (t) => {
  const directory = await temporaryDirectory(t);
  const { text = '' } = blocks.find(({ kind }) => kind === 'ts') ?? {};
  const file = join(directory, 'cutter.ts');
  await writeFile(file, text.replace("'kube-log-watcher/agent'", JSON.stringify(join(root, 'src/agent/api.ts'))));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const flags = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2025', '--module', 'nodenext'];
  const more = ['--allowImportingTsExtensions', '--skipLibCheck', '--types', 'node', '--typeRoots'];
  const types = join(root, 'node_modules/@types');
  await promisify(execFile)(process.execPath, [compiler, ...flags, ...more, types, file]);
});

test('the page knows every check, and no others', () => {
  const table = page.slice(page.indexOf('## What is examined'));
  const told = [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name);
  assert.deepEqual(
    told,
    checks.map(({ name }) => name),
  );
});
