import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { openSnapshot, snapshotPath, type Snapshot } from '../../src/watch/snapshot.ts';
import { temporaryDirectory } from '../support/tree.ts';

const some: Snapshot = { savedAt: 1, node: 'node-1', pods: [], seen: [] };

async function set(t: TestContext) {
  const root = await temporaryDirectory(t);
  const said: unknown[] = [];
  const log = { ...silent, warn: (message: string, fields: object = {}) => void said.push({ message, ...fields }) };
  return { root, said, open: (node: string) => openSnapshot(root, node, log, createMetrics()) };
}

test('a snapshot is used by the next process of the same node', async (t) => {
  const { open, said } = await set(t);
  const first = await open('node-1');
  assert.equal(first.snapshot, undefined);
  await first.saveSnapshot?.(some);
  assert.deepEqual((await open('node-1')).snapshot, some);
  assert.deepEqual(said, []);
});

test('a snapshot of another node is not used, and that is said', async (t) => {
  const { open, said } = await set(t);
  await (await open('node-1')).saveSnapshot?.(some);
  const { snapshot, saveSnapshot } = await open('node-2');
  assert.equal(snapshot, undefined);
  assert.match(JSON.stringify(said), /not used.*of another node.*"node":"node-2","of":"node-1"/);
  await saveSnapshot?.({ ...some, node: 'node-2' });
  assert.equal((await open('node-2')).snapshot?.node, 'node-2');
});

test('a snapshot of an older version, or a torn one, is not used', async (t) => {
  const { root, open, said } = await set(t);
  await (await open('node-1')).saveSnapshot?.(some);
  const text = await readFile(snapshotPath(root), 'utf8');
  for (const other of [text.replace(/"version":\d+/, '"version":1'), text.slice(0, -5), '{}', 'null']) {
    await writeFile(snapshotPath(root), other);
    assert.equal((await open('node-1')).snapshot, undefined, other);
  }
  assert.equal(said.length, 4);
});
