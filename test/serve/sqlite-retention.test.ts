import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { createPack } from '../../src/serve/stores/sqlite/batch.ts';
import { createInsert } from '../../src/serve/stores/sqlite/insert.ts';
import { openToWrite } from '../../src/serve/stores/sqlite/open.ts';
import { inTransaction, numberOf } from '../../src/serve/stores/sqlite/schema.ts';
import { createUpkeep } from '../../src/serve/stores/sqlite/upkeep.ts';
import { openSqlite, type SqliteSettings } from '../../src/serve/stores/sqlite.ts';
import { until } from '../support/program.ts';
import { all, entry, find, logs, never } from './store-suite.ts';

const root = mkdtempSync(join(tmpdir(), 'serve-retention-'));
after(() => rmSync(root, { recursive: true }));
const fresh = () => mkdtempSync(join(root, 'db-'));

/** A store that is closed after the test, however that ends. */
async function open(t: TestContext, settings: SqliteSettings) {
  const store = await openSqlite(settings);
  t.after(() => store.close());
  return store;
}

const minute = 60_000;
const ago = (milliseconds: number) => ({ time: BigInt(Date.now() - milliseconds) * 1_000_000n });

/** Text that can't be made smaller. */
const noise = (seed: number) =>
  Array.from({ length: 25 }, (_, i) => (Math.imul(seed * 25 + i + 1, 2_654_435_761) >>> 0).toString(36)).join('');

test('C-12: what is older than the retention goes, what is not stays; what comes too late goes too', async (t) => {
  const directory = fresh();
  const store = await open(t, { directory, queue: 1000, retention: 20 * minute });
  const gone = [200, 25].map((minutes) => entry(`${minutes}`, { ...ago(minutes * minute), pod: 'old' }));
  const kept = [15, 1].map((minutes) => entry(`${minutes}`, ago(minutes * minute)));
  await store.write([...gone, ...kept]);
  await until('the old ones to go', async () => (await store.extent(never)).entries === 2, 60_000);
  assert.deepEqual(await logs(store, all), ['15', '1']);
  assert.equal((await store.series(all, never)).length, 1);
  assert.equal((await store.extent(never)).oldest, kept[0]?.time);
  await store.write(gone);
  await until('the late ones to go', async () => (await store.extent(never)).entries === 2, 60_000);
  // The series is made again after it has gone.
  await store.write([entry('again', { ...ago(0), pod: 'old' })]);
  assert.deepEqual(await logs(store, all), ['15', '1', 'again']);
  await store.close();
});

test('a clock that is set back removes nothing', () => {
  const db = openToWrite(fresh(), 1024);
  const insert = createInsert(db);
  let now = Date.now();
  const upkeep = createUpkeep(db, { retention: 90 * minute, maxBytes: undefined, now: () => now, removed: () => {} });
  inTransaction(db, () => insert.add([createPack()([entry('a', ago(0))])]));
  now -= 500 * minute;
  while (upkeep.work(1000));
  assert.equal(numberOf(db, 'SELECT entries FROM state'), 1);
  db.close();
});

test('C-12: the size stays below its limit while others write; the oldest give way', async (t) => {
  const directory = fresh();
  const maxBytes = 4 * 1024 * 1024;
  const store = await open(t, { directory, queue: 100_000, maxBytes });
  let most = 0;
  let number = 0;
  for (let n = 0; n < 30; n += 1) {
    const batch = Array.from({ length: 1000 }, () => {
      number += 1;
      return entry(`${number} ${noise(number)}`, { time: BigInt(number) * 20_000_000n, pod: `web-${number % 5}` });
    });
    await store.write(batch);
    const size = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    most = Math.max(most, size);
  }
  // The write-ahead log is as large as what one write has brought in between, at least.
  assert.ok(most <= maxBytes * 1.25, `${most} bytes`);
  await until('what is too much to go', async () => ((await store.extent(never)).bytes ?? 0) <= maxBytes, 60_000);
  const found = await find(store, { ...all, direction: 'backward' });
  const { entries } = await store.extent(never);
  assert.equal(found.length, entries);
  assert.ok(entries > 5000 && entries < 25_000, `${entries} entries`);
  assert.equal(found[0]?.log.split(' ')[0], String(number));
  const kept = found.map(({ log }) => Number(log.split(' ')[0]));
  // By and large: what goes together is a thousand lines of one series.
  assert.ok(Math.min(...kept) > number - entries - 10_000);
  await store.close();
});

test('a limit that is set lower makes the files smaller', async (t) => {
  const directory = fresh();
  const batch = (n: number) => Array.from({ length: 2000 }, (_, i) => entry(`${n} ${noise(n * 2000 + i)}`, { time: BigInt(n * 2000 + i) })); // prettier-ignore
  const first = await open(t, { directory, queue: 100_000 });
  for (let n = 0; n < 20; n += 1) await first.write(batch(n));
  await first.close();
  // Smaller where there was time to pack all of it.
  assert.ok(statSync(join(directory, 'logs.sqlite')).size > 3_000_000);
  const second = await open(t, { directory, queue: 100_000, maxBytes: 2_097_152 });
  await until('the file to shrink', () => statSync(join(directory, 'logs.sqlite')).size <= 2_097_152, 60_000);
  assert.match((await logs(second, all)).at(-1) ?? '', /^19 /);
  await second.close();
});
