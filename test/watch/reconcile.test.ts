import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fs from 'fs-extra';
import type { RunnableAgent as Agent } from '../../src/agent/load.ts';
import type { FileSystem } from '../../src/watch/disk.ts';
import { reconcile } from '../../src/watch/reconcile.ts';
import { dyingDisk, failingDisk } from '../support/disk.ts';
import { running, wish } from '../support/running.ts';
import { temporaryDirectory, tree } from '../support/tree.ts';

test('brings files and links to disk, and takes away what is left out', async (t) => {
  const root = await temporaryDirectory(t);
  const one = running(root);
  const result = await reconcile(one, wish(['a', 'b']));
  assert.deepEqual(result.errors, []);
  assert.deepEqual(await tree(root), {
    'a/config.json': '{"id":"a"}',
    'a/log': '-> /logs/a.log',
    'b/config.json': '{"id":"b"}',
    'b/log': '-> /logs/b.log',
    'all.json': '["a","b"]',
  });
  await reconcile(one, wish(['b']));
  assert.deepEqual(Object.keys(await tree(root)), ['all.json', 'b/config.json', 'b/log']);
  assert.equal(await fs.pathExists(join(root, 'a')), false, 'the directory it made is gone too');
  await reconcile(one, wish([]));
  assert.deepEqual(await tree(root), { 'all.json': '[]' });
});

test('equal input changes nothing: no write, the same time of change', async (t) => {
  const root = await temporaryDirectory(t);
  await reconcile(running(root), wish(['a']));
  const before = await stat(join(root, 'all.json'), { bigint: true });
  const again = await reconcile(running(root), wish(['a'], { full: true }));
  const after = await stat(join(root, 'all.json'), { bigint: true });
  assert.equal(again.changes, 0);
  assert.equal(after.mtimeNs, before.mtimeNs);
  assert.equal(after.ino, before.ino);
});

test('a restarted watcher removes what went while it was down, by the inventory alone', async (t) => {
  const root = await temporaryDirectory(t);
  await reconcile(running(root), wish(['a', 'b']));
  await writeFile(join(root, 'b', 'foreign.txt'), 'mine');
  await writeFile(join(root, 'foreign.json'), 'mine');
  await reconcile(running(root), wish([]));
  assert.deepEqual(await tree(root), { 'all.json': '[]', 'b/foreign.txt': 'mine', 'foreign.json': 'mine' });
});

test('a full look repairs what others changed', async (t) => {
  const root = await temporaryDirectory(t);
  const one = running(root);
  await reconcile(one, wish(['a']));
  await unlink(join(root, 'a', 'config.json'));
  await writeFile(join(root, 'all.json'), 'garbage');
  await reconcile(one, wish(['a'], { full: true }));
  assert.deepEqual(await tree(root), {
    'a/config.json': '{"id":"a"}',
    'a/log': '-> /logs/a.log',
    'all.json': '["a"]',
  });
});

test('nothing is written through a link that stands where a directory should be', async (t) => {
  const root = await temporaryDirectory(t);
  const outside = await temporaryDirectory(t);
  await symlink(outside, join(root, 'a'));
  const result = await reconcile(running(root), wish(['a', 'b']));
  assert.match(result.errors.join('\n'), /a is not a directory/);
  assert.deepEqual(await tree(outside), {});
  assert.equal(await readFile(join(root, 'b', 'config.json'), 'utf8'), '{"id":"b"}', 'the others are written');
});

test('an inventory that names paths elsewhere removes nothing there', async (t) => {
  const root = await temporaryDirectory(t);
  const outside = await temporaryDirectory(t);
  await writeFile(join(outside, 'precious'), 'keep');
  const one = running(root);
  const entries = [
    { kind: 'file', path: join(outside, 'precious') },
    { kind: 'file', path: `${root}/../${outside.split('/').at(-1)}/precious` },
  ];
  await writeFile(one.inventory, JSON.stringify({ version: 1, entries }));
  await reconcile(one, wish([]));
  assert.deepEqual(await tree(outside), { precious: 'keep' });
});

test('a damaged inventory is begun anew, and costs no configuration', async (t) => {
  const root = await temporaryDirectory(t);
  const one = running(root);
  await writeFile(one.inventory, '{"version":1,"entr');
  const result = await reconcile(one, wish(['a']));
  assert.match(result.damaged ?? '', /JSON/);
  assert.equal((await tree(root))['all.json'], '["a"]');
});

test('a poisoned target keeps its last good state and costs nobody else anything', async (t) => {
  const root = await temporaryDirectory(t);
  const agent: Agent = {
    ...running(root).agent,
    render: (input) => {
      if (input.targets.some(({ pod }) => pod.annotations['poison'])) throw new Error('cannot render');
      return input.targets.map((target) => ({ kind: 'file', path: join(root, target.id), content: target.version }));
    },
  };
  const one = running(root, agent);
  await reconcile(one, wish(['a', 'b'], { version: '1' }));
  const poisoned = wish(['a', 'b', 'c'], { version: '2' });
  for (const id of ['a', 'c'])
    Object.assign(poisoned.targets.find((target) => target.id === id)!.pod, { annotations: { poison: 'x' } });
  const result = await reconcile(one, poisoned);
  assert.deepEqual(await tree(root), { a: '1', b: '2' });
  assert.deepEqual(
    [...result.quarantined].map(([{ id }, error]) => [id, error]),
    [
      ['a', 'cannot render'],
      ['c', 'cannot render'],
    ],
  );
});

test('an agent that fails as a whole leaves its last good files', async (t) => {
  const root = await temporaryDirectory(t);
  const one = running(root);
  await reconcile(one, wish(['a']));
  const before = await tree(root);
  one.agent = {
    ...one.agent,
    render: () => {
      throw new Error('broken');
    },
  };
  const result = await reconcile(one, wish(['a', 'b']));
  assert.deepEqual(result.errors, ['broken']);
  assert.deepEqual(await tree(root), before);
});

test('an output outside of its own places is refused', async (t) => {
  const root = await temporaryDirectory(t);
  const agent: Agent = {
    ...running(root).agent,
    render: () => [{ kind: 'file', path: `${root}/../escaped`, content: '' }],
  };
  const result = await reconcile(running(root, agent), wish([]));
  assert.equal(result.errors.length, 1);
  assert.equal(await fs.pathExists(join(root, '..', 'escaped')), false);
});

test('a full disk keeps the old files whole, removes nothing, and is made up for later', async (t) => {
  const root = await temporaryDirectory(t);
  const one = running(root);
  await reconcile(one, wish(['a', 'b']));
  const before = await tree(root);
  const full = await reconcile(one, wish(['c']), { disk: failingDisk('write', 'ENOSPC') });
  assert.match(full.errors.join('\n'), /ENOSPC/);
  assert.deepEqual(await tree(root), before);
  assert.deepEqual((await reconcile(one, wish(['c']))).errors, []);
  assert.deepEqual(await tree(root), { 'all.json': '["c"]', 'c/config.json': '{"id":"c"}', 'c/log': '-> /logs/c.log' });
});

test('a file that is a mount point is written in place', async (t) => {
  const root = await temporaryDirectory(t);
  await writeFile(join(root, 'all.json'), 'something much longer than what follows');
  const inode = (await stat(join(root, 'all.json'))).ino;
  const result = await reconcile(running(root), wish([]), {
    disk: failingDisk('rename', 'EBUSY', (path) => path.endsWith('all.json')),
  });
  assert.deepEqual(result.errors, []);
  assert.equal((await stat(join(root, 'all.json'))).ino, inode);
  assert.deepEqual(await tree(root), { 'all.json': '[]' });
});

test('after a death at any touch of the disk, a restart brings the disk to what is desired', async (t) => {
  const died: number[] = [];
  for (let touch = 1; ; touch++) {
    const root = await prepared(t);
    const dead = await Promise.race([
      reconcile(running(root), wish(['b', 'c']), { disk: dyingDisk(touch) }),
      dyingDisk.death(touch),
    ]);
    if (typeof dead === 'object') break;
    died.push(touch);
    await restartsWell(root);
  }
  assert.ok(died.length > 20, `only ${died.length} touches`);
});

test('the same with processes that are killed', async (t) => {
  const child = join(import.meta.dirname, '..', 'support', 'killed.ts');
  for (const touch of [3, 9, 14, 19]) {
    const root = await prepared(t);
    const { signal } = spawnSync(process.execPath, [child, root, String(touch)], { stdio: 'inherit' });
    assert.equal(signal, 'SIGKILL');
    await restartsWell(root);
  }
});

async function prepared(t: Parameters<typeof temporaryDirectory>[0]): Promise<string> {
  const root = await temporaryDirectory(t);
  await reconcile(running(root), wish(['a', 'b']));
  await mkdir(join(root, 'foreign'));
  await writeFile(join(root, 'foreign', 'file'), 'mine');
  return root;
}

async function restartsWell(root: string, disk?: FileSystem): Promise<void> {
  for (const [path, content] of Object.entries(await tree(root))) {
    if (path.endsWith('.json')) assert.doesNotThrow(() => JSON.parse(content) as unknown, `${path} is whole`);
  }
  const result = await reconcile(running(root), wish(['b', 'c']), { disk });
  assert.deepEqual(result.errors, []);
  assert.deepEqual(await tree(root, { hidden: true }), {
    'all.json': '["b","c"]',
    'b/config.json': '{"id":"b"}',
    'b/log': '-> /logs/b.log',
    'c/config.json': '{"id":"c"}',
    'c/log': '-> /logs/c.log',
    'foreign/file': 'mine',
  });
}

test('an agent that can render nothing any more costs nothing, also after a restart', async (t) => {
  const root = await temporaryDirectory(t);
  await reconcile(running(root), wish(['a', 'b']));
  const before = await tree(root);
  const { agent } = running(root);
  const broken: Agent = {
    ...agent,
    render: (input) => {
      if (input.targets.length > 0) throw new Error('broken template');
      return agent.render(input);
    },
  };
  const result = await reconcile(running(root, broken), wish(['a', 'b']));
  assert.deepEqual(result.errors, ['broken template']);
  assert.deepEqual(await tree(root), before);
});

test('a target that is poisoned when the watcher starts keeps the files of an earlier run', async (t) => {
  const root = await temporaryDirectory(t);
  await reconcile(running(root), wish(['a', 'b', 'c']));
  const { agent } = running(root);
  const picky: Agent = {
    ...agent,
    render: (input) => {
      if (input.targets.some(({ id }) => id === 'a')) throw new Error('poison');
      return agent.render(input);
    },
  };
  const one = running(root, picky);
  await reconcile(one, wish(['a', 'b']));
  assert.ok('a/config.json' in (await tree(root)), 'nobody can tell which files were its own, so nothing is removed');
  one.agent = agent;
  await reconcile(one, wish(['a', 'b'], { full: true }));
  assert.deepEqual(Object.keys(await tree(root)), ['a/config.json', 'a/log', 'all.json', 'b/config.json', 'b/log']);
});
