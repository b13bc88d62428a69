// What was deleted before it could be read is held open, within bounds.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { drain, rememberingBatch, tailWorld } from '../support/tail.ts';

function place(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'gone-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const descriptors = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
      } catch {
        return false;
      }
    }).length;
  return { path: (name: string) => join(directory, name), descriptors };
}

test('a deleted file is held for a time, and then what is lost of it is counted and its place is free', (t) => {
  const { path, descriptors } = place(t);
  const { follow, told, clock } = tailWorld({ gone: { wait: 60_000, most: 10, held: 0 } });
  writeFileSync(path('a'), 'one\ntwo\nthree\n');
  const reader = follow(path('a'));
  const batch = rememberingBatch(1);
  reader.look();
  assert.equal(reader.read(batch, 1000), 'full');
  unlinkSync(path('a'));
  reader.look();
  clock.now += 59_000;
  assert.equal(reader.look(), true);
  assert.deepEqual([descriptors(), told.lost], [1, []]);
  clock.now += 2000;
  reader.look();
  assert.deepEqual([descriptors(), told.lost], [0, [`gone 10 ${path('a')}`]]);
  // The path itself is followed further.
  writeFileSync(path('a'), 'new\n');
  batch.limit = 10;
  drain(reader, batch);
  assert.deepEqual(
    batch.taken.map(({ text }) => text),
    ['one', 'new'],
  );
  reader.close();
});

test('what is read in time is not lost, nor counted', (t) => {
  const { path, descriptors } = place(t);
  const { follow, told, clock, world } = tailWorld({ gone: { wait: 60_000, most: 10, held: 0 }, linger: 1000 });
  writeFileSync(path('a'), 'one\n');
  const [reader, batch] = [follow(path('a')), rememberingBatch()];
  reader.look();
  unlinkSync(path('a'));
  drain(reader, batch);
  assert.equal(world.gone.held, 1);
  clock.now += 100_000;
  drain(reader, batch);
  drain(reader, batch);
  assert.deepEqual([batch.count, descriptors(), told.lost, world.gone.held], [1, 0, [], 0]);
  reader.close();
});

test('over all paths no more are held than may be; files that have a name do not count', (t) => {
  const { path, descriptors } = place(t);
  const { follow, told, world } = tailWorld({ gone: { wait: 60_000, most: 3, held: 0 } });
  const readers = ['a', 'b', 'c', 'd', 'e'].map((name) => {
    writeFileSync(path(name), 'x\n');
    return follow(path(name));
  });
  for (const reader of readers) reader.look();
  for (const name of ['a', 'b', 'c', 'd']) unlinkSync(path(name));
  for (const reader of readers) reader.look();
  assert.deepEqual([descriptors(), told.lost.length, world.gone.held], [4, 1, 3]);
  for (const reader of readers) reader.close();
  assert.deepEqual([descriptors(), world.gone.held], [0, 0]);
});

test('of a log that is rotated away while nothing is taken the files that are deleted are given up in time', (t) => {
  const { path, descriptors } = place(t);
  const { follow, told, clock } = tailWorld({ gone: { wait: 60_000, most: 100, held: 0 } });
  writeFileSync(path('0.log'), '0\n');
  const reader = follow(path('0.log'));
  const batch = rememberingBatch(0);
  for (let i = 1; i <= 6; i++) {
    reader.look();
    reader.read(batch, 1000);
    renameSync(path('0.log'), path(`0.log.${i}`));
    appendFileSync(path('0.log'), `${i}\n`);
    if (i > 2) unlinkSync(path(`0.log.${i - 2}`));
    clock.now += 20_000;
  }
  reader.look();
  assert.ok(told.lost.length > 0 && told.lost.length < 4, told.lost.join());
  batch.limit = 100;
  drain(reader, batch);
  const got = batch.taken.map(({ text }) => Number(text));
  assert.deepEqual(
    got,
    Array.from({ length: 7 - told.lost.length }, (_, i) => i + told.lost.length),
  );
  assert.ok(descriptors() <= 7);
  reader.close();
});
