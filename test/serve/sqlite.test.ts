import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { StoreBusy } from '../../src/serve/store.ts';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { all, entry, logs, storeSuite } from './store-suite.ts';

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
const rounds = Number(process.env['ROUNDS'] ?? 5);

test(`${rounds} times killed while it writes: what was acknowledged is there, nothing twice`, async () => {
  const directory = fresh();
  const program = `
    import { openSqlite } from ${JSON.stringify(place)};
    const store = await openSqlite({ directory: ${JSON.stringify(directory)}, queue: 1000 });
    const round = process.argv[1];
    for (let n = 0; ; n += 1) {
      const entry = { namespace: 'default', pod: 'web-0', container: 'web', time: 1n, log: round + '-' + n, stream: '', podId: '', dockerId: '', host: '', labels: {}, metadata: {} };
      await Promise.all([store.write([entry]), store.write([entry])]);
      console.log(entry.log);
    }`;
  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let count = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      count += 1;
      if (count === 5 + round) child.kill('SIGKILL');
    }
    if (child.signalCode === null && child.exitCode === null) await once(child, 'exit');
  }
  const store = await openSqlite({ directory, queue: 1 });
  const found = await logs(store, all);
  await store.close();
  const there = new Set(found);
  assert.equal(there.size, found.length);
  assert.ok(acknowledged.length >= rounds * 5);
  assert.deepEqual(
    acknowledged.filter((line) => !there.has(line)),
    [],
  );
});
