import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { podsFromFile, readMetadata, readPods } from '../../src/kubernetes/file.ts';
import { silent } from '../../src/system/log.ts';
import { createMetrics } from '../../src/system/metrics.ts';
import { makePod } from '../support/pods.ts';
import { runSource } from '../support/source.ts';
import { temporaryDirectory } from '../support/tree.ts';

async function file(t: TestContext, content: string) {
  const path = join(await temporaryDirectory(t), 'pods');
  await writeFile(path, content);
  return path;
}
async function until(condition: () => boolean, what: string) {
  for (const end = Date.now() + 90_000; !condition(); await sleep(2)) assert.ok(Date.now() < end, `in vain: ${what}`);
}
const [a, b] = [makePod({ name: 'a' }), makePod({ name: 'b', node: 'node-2' })];
const list = { apiVersion: 'v1', kind: 'List', items: [a, b] };

test('reads what kubectl prints, as JSON or YAML, a list, one pod, or several documents', async (t) => {
  const names = async (content: string) => (await readPods(await file(t, content))).map(({ name }) => name);
  assert.deepEqual(await names(JSON.stringify(list)), ['a', 'b']);
  assert.deepEqual(await names(stringify(list)), ['a', 'b']);
  assert.deepEqual(await names(JSON.stringify(a)), ['a']);
  const documents = [a, { kind: 'Service', metadata: { name: 's' } }, b].map((one) => stringify(one));
  assert.deepEqual(await names(documents.join('---\n')), ['a', 'b']);
  assert.deepEqual(await names('{"kind":"PodList","items":[]}'), [], 'an empty list is a list');
});

test('reads namespaces and nodes beside the pods, and nothing else as them', async (t) => {
  const metadata = { name: 'shop', uid: 'u', labels: { team: 'red' }, annotations: { note: 'x' } };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', uid: 'n' } };
  const mixed = JSON.stringify({ kind: 'List', items: [a, namespace, node, { kind: 'Service', metadata }] });
  const documents = [a, namespace, node].map((one) => stringify(one)).join('---\n');
  for (const content of [mixed, documents]) {
    const path = await file(t, content);
    assert.deepEqual(await readMetadata(path, 'Namespace'), [metadata]);
    assert.deepEqual(
      (await readMetadata(path, 'Node')).map(({ name }) => name),
      ['node-1'],
    );
    assert.deepEqual(
      (await readPods(path)).map(({ name }) => name),
      ['a'],
    );
  }
  assert.deepEqual(await readMetadata(await file(t, JSON.stringify(list)), 'Namespace'), []);
});

test('says which file is wrong, and how', async (t) => {
  for (const [content, message] of [
    ['{"items": [', /pods is neither JSON nor YAML/],
    ['', /holds no pod and no list/],
    ['{"kind":"Service"}', /holds no pod and no list/],
    ['a: &a [x]\nb: [*a, *a', /neither JSON nor YAML/],
    ['a: *nowhere', /pods has an alias/],
    [`a: &a [x]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]`, /pods has .*far too many aliases/],
    ['{"kind":"List","items":[{"kind":"Service"}]}', /holds no pod and no list/],
    [
      '{"kind":"ServiceList","items":[{"metadata":{"uid":"u","name":"n","namespace":"d"}}]}',
      /holds no pod and no list/,
    ],
    [JSON.stringify({ ...list, items: [a, { kind: 'Pod' }] }), /pods: pod 2 of 2 lacks a uid, a name or a namespace/],
    [JSON.stringify({ items: [null] }), /pod 1 of 1 lacks/],
  ] as const) {
    await assert.rejects(readPods(await file(t, content)), message, content);
  }
  await assert.rejects(
    readPods(await file(t, 'kind: Pod\npassword: hunter2: x\n')),
    /neither JSON nor YAML: \S+ at line 2, column 11$/,
    'and quotes nothing of it',
  );
  await assert.rejects(readPods('/nowhere/pods.json'), /\/nowhere\/pods.json can't be read: ENOENT/);
});

test('a file that goes and comes back as it was is well again, and no news', async (t) => {
  const path = await file(t, JSON.stringify(list));
  let changes = 0;
  const source = podsFromFile({
    path,
    node: '',
    interval: 5,
    log: silent,
    metrics: createMetrics(),
    onChange: () => void (changes += 1),
  });
  runSource(t, source);
  await until(() => source.synced, 'the pods');
  const first = source.all();
  await rename(path, `${path}.away`);
  await until(() => source.error !== undefined, 'an error');
  assert.equal(source.all(), first);
  await rename(`${path}.away`, path);
  await until(() => source.error === undefined, 'the end of the error');
  assert.equal(source.all(), first, 'the same array');
  assert.equal(changes, 1);
});

test('follows the file; a bad edit is refused; other nodes are left out', async (t) => {
  const path = await file(t, JSON.stringify(list));
  let changed = Promise.withResolvers<void>();
  const errors: string[] = [];
  const source = podsFromFile({
    path,
    node: 'node-1',
    interval: 5,
    log: { ...silent, error: (message) => void errors.push(message) },
    metrics: createMetrics(),
    onChange: () => changed.resolve(),
  });
  const names = () => source.all().map(({ name }) => name);
  assert.equal(source.synced, false);
  runSource(t, source);
  await changed.promise;
  assert.deepEqual(names(), ['a']);
  await writeFile(`${path}.new`, '{"items"');
  await rename(`${path}.new`, path);
  await until(() => source.error !== undefined, 'an error');
  assert.deepEqual([names(), source.synced, errors.length], [['a'], true, 1]);
  changed = Promise.withResolvers();
  await writeFile(`${path}.new`, JSON.stringify({ ...list, items: [a, makePod({ name: 'c' })] }));
  await rename(`${path}.new`, path);
  await changed.promise;
  assert.deepEqual([names(), source.error], [['a', 'c'], undefined]);
});
