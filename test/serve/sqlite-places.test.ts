import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, test, type TestContext } from 'node:test';
import type { Store } from '../../src/serve/store.ts';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { base, entry, logs } from './store-suite.ts';

const root = mkdtempSync(join(tmpdir(), 'serve-places-'));
after(() => rmSync(root, { recursive: true }));
const fresh = () => mkdtempSync(join(root, 'db-'));
const stores: Store[] = [];
async function open(directory: string): Promise<Store> {
  const store = await openSqlite({ directory, queue: 100_000 });
  stores.push(store);
  return store;
}
afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));

/** A file system of its own; false where this user or kernel has none to give. */
function mount(t: TestContext, directory: string, options: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]);
  if (status !== 0) t.skip('no file system can be mounted here');
  else t.after(() => void spawnSync('umount', ['-l', directory]));
  return status === 0;
}

test('a directory is made with those above it', async () => {
  const directory = join(fresh(), 'a', 'b');
  const store = await open(directory);
  await store.write([entry('a')]);
  await store.close();
  assert.ok(existsSync(join(directory, 'logs.sqlite')));
});

test('a place where nothing can be made is told', async (t) => {
  if (!existsSync('/proc/self')) t.skip('no /proc here');
  else await assert.rejects(open('/proc/x'), /--data-path \/proc\/x can't be made: ENOENT/);
  const file = join(fresh(), 'file');
  writeFileSync(file, '');
  await assert.rejects(open(file), /--data-path .*file can't be made: EEXIST/);
  await assert.rejects(open(join(file, 'x')), /--data-path .* can't be made: ENOTDIR/);
});

test('a directory that can only be read is told, with the way out', async (t) => {
  const directory = fresh();
  if (process.getuid?.() === 0) {
    if (!mount(t, directory, 'ro')) return;
  } else chmodSync(directory, 0o555);
  await assert.rejects(open(directory), /--data-path .* can't be used: .* have to be writable for this user/);
});

test('files of others in the directory do no harm', async () => {
  const directory = fresh();
  mkdirSync(join(directory, 'lost+found'));
  writeFileSync(join(directory, 'notes.txt'), 'mine');
  const store = await open(directory);
  await store.write([entry('a')]);
  assert.deepEqual(await logs(store), ['a']);
  await store.close();
  assert.equal(readFileSync(join(directory, 'notes.txt'), 'utf8'), 'mine');
});

test('a database of a newer version, of something else, or a damaged one is told, and left as it is', async () => {
  for (const [spoil, expected] of [
    [(file: string) => change(file, 'PRAGMA user_version = 99'), /made by a newer version of this program/],
    [(file: string) => change(file, 'PRAGMA application_id = 7'), /a database of something else/],
    [(file: string) => writeFileSync(file, 'hello '.repeat(2000)), /damaged: .* move logs\.sqlite away/],
    [(file: string) => writeFileSync(file, Buffer.alloc(20_000, 7), { flag: 'r+' }), /damaged: .*\.recover/],
  ] as const) {
    const directory = fresh();
    const file = join(directory, 'logs.sqlite');
    const store = await open(directory);
    await store.write([entry('a')]);
    await store.close();
    spoil(file);
    const spoilt = readFileSync(file);
    await assert.rejects(open(directory), expected);
    assert.deepEqual(readFileSync(file), spoilt);
  }
});

test('a database that turns out to be damaged later fails its reads', async () => {
  const directory = fresh();
  const file = join(directory, 'logs.sqlite');
  const store = await open(directory);
  await store.write(Array.from({ length: 3000 }, (_, index) => entry(`line ${index}`.padEnd(200), { time: base + BigInt(index) }))); // prettier-ignore
  await store.close();
  const data = readFileSync(file);
  // The pages of the entries, in the middle of the file.
  data.fill(0xaa, data.length / 4, (data.length * 3) / 4);
  writeFileSync(file, data);
  const again = await open(directory);
  await assert.rejects(logs(again), /damaged/);
  await again.close();
});

test('a full disk refuses what does not fit, keeps what it has, and goes on when there is room', async (t) => {
  const directory = fresh();
  if (!mount(t, directory, 'size=4m')) return;
  const ballast = join(directory, 'ballast');
  const store = await open(directory);
  writeFileSync(ballast, Buffer.alloc(1024 * 1024));
  const kept: string[] = [];
  const fill = async () => {
    for (let n = 0; n < 200; n += 1) {
      const line = `${n} `.padEnd(50_000, 'x');
      await store.write([entry(line, { time: base + BigInt(n) })]);
      kept.push(line);
    }
  };
  await assert.rejects(fill(), /used up/);
  assert.ok(kept.length > 3);
  assert.deepEqual(await logs(store), kept);
  rmSync(ballast);
  await store.write([entry('room', { time: base + 1000n })]);
  assert.deepEqual(await logs(store), [...kept, 'room']);
  await store.close();
});

function change(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}
