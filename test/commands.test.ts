import assert from 'node:assert/strict';
import { test } from 'node:test';
import { end, launch } from './support/program.ts';

const ran = (...args: string[]) => end(launch(args, { PATH: process.env['PATH'] }));

test('completion prints the script for the shell and nothing else', async () => {
  const { code, stdout, stderr } = await ran('completion');
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.match(stdout, /^complete .* kube-log-watcher$/m);
});

test('a word that is no command is refused', async () => {
  const { code, stderr } = await ran('complete');
  assert.equal(code, 2);
  assert.match(stderr, /"complete" is no command/);
});
