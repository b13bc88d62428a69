import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StoreBusy } from '../../src/serve/store.ts';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { entry, logs, storeSuite } from './store-suite.ts';

const root = mkdtempSync(join(tmpdir(), 'serve-sqlite-'));
after(() => rmSync(root, { recursive: true }));
const fresh = () => mkdtempSync(join(root, 'db-'));

storeSuite('sqlite', () => openSqlite({ directory: fresh(), queue: 10_000 }));

test('C-04: what was written is there after a restart, and stays idempotent', async () => {
  const directory = fresh();
  for (let round = 0; round < 2; round += 1) {
    const store = await openSqlite({ directory, queue: 10 });
    await store.write([entry('a')]);
    assert.deepEqual(await logs(store), ['a']);
    await store.close();
  }
});

test('too much that waits is refused, and told apart from a failure', async () => {
  const store = await openSqlite({ directory: fresh(), queue: 2 });
  const first = store.write([entry('a'), entry('b')]);
  await assert.rejects(store.write([entry('c')]), StoreBusy);
  await first;
  await store.write([entry('c')]);
  assert.deepEqual(await logs(store), ['a', 'b', 'c']);
  await store.close();
});

test('a second opening of one database says so', async () => {
  const directory = fresh();
  const store = await openSqlite({ directory, queue: 1 });
  const program = `import { openSqlite } from ${JSON.stringify(place)}; openSqlite({ directory: ${JSON.stringify(directory)}, queue: 1 })`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = (await child.stderr.toArray()).join('');
  assert.match(said, /--data-path .* is in use by another process/);
  await store.close();
});

const place = join(import.meta.dirname, '../../src/serve/stores/sqlite.ts');
