import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { observe } from '../../src/watch/disk.ts';
import { plan } from '../../src/watch/plan.ts';
import { temporaryDirectory } from '../support/tree.ts';

test('what no file can hold is not written again and again', async (t) => {
  const root = await temporaryDirectory(t);
  const path = join(root, 'file');
  const output = { kind: 'file', path, content: 'a\ud800b', mode: 0o600 } as const;
  await writeFile(path, output.content, { mode: output.mode });
  const entry = await observe(path);
  assert.deepEqual(plan({ desired: [output], roots: [root], owned: [], observe: () => entry }).changes, []);
  const other = { ...output, content: 'a\ud800c' };
  assert.equal(plan({ desired: [other], roots: [root], owned: [], observe: () => entry }).changes.length, 1);
});
