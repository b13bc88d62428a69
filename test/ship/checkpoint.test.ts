import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openCheckpoint } from '../../src/ship/checkpoint.ts';
import type { Mark } from '../../src/ship/follow/reader.ts';
import { silent } from '../../src/system/log.ts';

const directoryOf = (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'ship-checkpoint-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
};
const mark = (offset: number, ino = 7): Mark => ({
  files: [{ ino, head: [3, 1], offset, tail: [3, 2], from: [offset, offset] }],
  past: [],
  horizon: 0,
});
const commit = (offsets: Record<string, number>) =>
  new Map(Object.entries(offsets).map(([path, at]) => [path, mark(at)]));

test('what was committed is there after a kill, and after an end', async (t) => {
  const directory = directoryOf(t);
  const first = await openCheckpoint(directory, 'one', silent);
  assert.equal(first.found, false);
  first.commit(commit({ '/a': 1, '/b': 1 }));
  first.commit(commit({ '/a': 2 }));
  // Not closed: as if it was killed.
  const second = await openCheckpoint(directory, 'one', silent);
  assert.deepEqual([second.found, second.get('/a'), second.get('/b')], [true, mark(2), mark(1)]);
  second.commit(commit({ '/b': 5 }));
  await second.close();
  assert.deepEqual(readdirSync(directory), ['one.json']);
  const third = await openCheckpoint(directory, 'one', silent);
  assert.deepEqual([third.get('/a'), third.get('/b')], [mark(2), mark(5)]);
  assert.deepEqual(
    third.known(7).map(({ offset }) => offset),
    [2, 5],
  );
});

test('killed at any byte of a write, all before it is known', async (t) => {
  const directory = directoryOf(t);
  const first = await openCheckpoint(directory, 'one', silent);
  for (let i = 1; i <= 3; i++) first.commit(commit({ '/a': i }));
  const [journal = ''] = readdirSync(directory);
  const whole = readFileSync(join(directory, journal));
  const ends = [...whole].flatMap((byte, at) => (byte === 10 ? at : []));
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(join(directory, journal), whole.subarray(0, length));
    const read = await openCheckpoint(directory, 'one', silent);
    const known = ends.filter((end) => end <= length).length;
    assert.deepEqual(read.get('/a'), known > 0 ? mark(known) : undefined, `${length} bytes`);
  }
});

test('a torn line does not swallow what a later process writes', async (t) => {
  const directory = directoryOf(t);
  const first = await openCheckpoint(directory, 'one', silent);
  first.commit(commit({ '/a': 1 }));
  const [journal = ''] = readdirSync(directory);
  appendFileSync(join(directory, journal), 'torn');
  (await openCheckpoint(directory, 'one', silent)).commit(commit({ '/a': 2 }));
  assert.deepEqual((await openCheckpoint(directory, 'one', silent)).get('/a'), mark(2));
});

test('an unreadable or unknown file of offsets is told, and what came after it counts', async (t) => {
  const directory = directoryOf(t);
  for (const text of ['{"version":1,"num', '{"version":99,"number":1,"files":{}}', '']) {
    writeFileSync(join(directory, 'one.json'), text);
    const told: string[] = [];
    const log = { ...silent, warn: (message: string) => void told.push(message) };
    const read = await openCheckpoint(directory, 'one', log);
    assert.deepEqual([told.length, read.found, read.get('/a')], [1, true, undefined]);
  }
});

test('what is gone is remembered for a day', async (t) => {
  const directory = directoryOf(t);
  let time = 0;
  const first = await openCheckpoint(directory, 'one', silent, () => time);
  first.commit(commit({ '/a': 1, '/b': 1 }));
  first.forget('/a');
  await first.save();
  time = 90_000_000;
  first.commit(commit({ '/b': 2 }));
  await first.close();
  const second = await openCheckpoint(directory, 'one', silent);
  assert.deepEqual([second.get('/a'), second.get('/b')], [undefined, mark(2)]);
});

test('what could not be saved is saved once it can be', async (t) => {
  const directory = directoryOf(t);
  const first = await openCheckpoint(directory, 'one', silent);
  first.commit(commit({ '/a': 1 }));
  mkdirSync(join(directory, 'one.json'));
  await assert.rejects(first.save());
  await assert.rejects(first.save());
  first.commit(commit({ '/b': 2 }));
  rmdirSync(join(directory, 'one.json'));
  await first.save();
  assert.deepEqual(readdirSync(directory), ['one.json']);
  const second = await openCheckpoint(directory, 'one', silent);
  assert.deepEqual([second.get('/a'), second.get('/b')], [mark(1), mark(2)]);
});

test('a disk that is full is told, and what was not written then is saved later', async (t) => {
  const directory = directoryOf(t);
  writeFileSync(join(directory, 'one.json'), '{"version":1,"number":1,"files":{}}');
  const first = await openCheckpoint(directory, 'one', silent);
  symlinkSync('/dev/full', join(directory, 'one.2.journal'));
  assert.throws(() => first.commit(commit({ '/a': 1 })), /ENOSPC/);
  assert.deepEqual(first.get('/a'), mark(1));
  await first.close();
  assert.deepEqual((await openCheckpoint(directory, 'one', silent)).get('/a'), mark(1));
});

test('entries of another form are passed over', async (t) => {
  const directory = directoryOf(t);
  const files = { '/a': 5, '/b': null, '/c': { files: [{ ino: 'x' }], past: [], horizon: 0 }, '/d': mark(4) };
  writeFileSync(join(directory, 'one.json'), JSON.stringify({ version: 1, number: 1, files }));
  const read = await openCheckpoint(directory, 'one', silent);
  assert.deepEqual(
    Object.keys(files).map((path) => read.get(path)),
    [undefined, undefined, undefined, mark(4)],
  );
});

test('of paths at which there is nothing any more only the last thousand are remembered, on disk and without', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const gone = async (place: string | undefined) => {
    const checkpoint = await openCheckpoint(place, 'one', silent);
    for (let i = 0; i < 1500; i++) {
      checkpoint.commit(new Map([[`/${i}`, { files: [], past: [], horizon: i }]]));
      if (i !== 7) checkpoint.forget(`/${i}`);
    }
    await checkpoint.close();
    return checkpoint;
  };
  for (const checkpoint of [
    await gone(undefined),
    await gone(directory),
    await openCheckpoint(directory, 'one', silent),
  ]) {
    const kept = Array.from({ length: 1500 }, (_, i) => i).filter((i) => checkpoint.get(`/${i}`));
    assert.deepEqual([kept[0], kept[1], kept.length], [7, 500, 1001]);
  }
});
