import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { silent, type Fields } from '../../src/system/log.ts';
import { entry, logs } from './store-suite.ts';

test('C-11: files of others in the directory are told, do no harm, and are left alone', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'serve-strangers-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const told: (Fields | undefined)[] = [];
  const log = { ...silent, warn: (_message: string, fields?: Fields) => void told.push(fields) };
  const round = async () => {
    told.length = 0;
    const store = await openSqlite({ directory, queue: 10, log });
    await store.write([entry('a')]);
    assert.deepEqual(await logs(store), ['a']);
    await store.close();
  };
  mkdirSync(join(directory, 'lost+found'));
  mkdirSync(join(directory, 'collector'));
  // The second time its own files are there too.
  for (let n = 0; n < 2; n += 1) {
    await round();
    assert.deepEqual(told, []);
  }
  writeFileSync(join(directory, 'notes.txt'), 'mine');
  await round();
  assert.deepEqual(told, [{ directory, files: ['notes.txt'] }]);
  assert.equal(readFileSync(join(directory, 'notes.txt'), 'utf8'), 'mine');
});
