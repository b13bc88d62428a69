import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { drain, rememberingBatch, tailWorld } from '../support/tail.ts';

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ship-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, '0.log');
}
const texts = (batch: ReturnType<typeof rememberingBatch>) => batch.taken.map(({ text }) => text);
const cri = (text: string, tag = 'F', stream = 'stdout') => `2026-01-02T03:04:05.6Z ${stream} ${tag} ${text}\n`;

test('a line is given once it is whole', (t) => {
  const path = place(t);
  const { follow, clock } = tailWorld();
  writeFileSync(path, 'one\ntw');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  clock.now += 60_000;
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['one']);
  appendFileSync(path, 'o\n');
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['one', 'two']);
  reader.close();
});

test('from the end: only what comes later, and that after a restart too', (t) => {
  const path = place(t);
  const { follow } = tailWorld();
  writeFileSync(path, 'old\nolder\n');
  const [reader, batch] = [follow(path, { start: 'end' }), rememberingBatch()];
  drain(reader, batch);
  const mark = reader.mark();
  reader.close();
  appendFileSync(path, 'new\n');
  const second = follow(path, { mark });
  drain(second, batch);
  assert.deepEqual(texts(batch), ['new']);
  second.close();
});

test('what is written to the old file after the rename comes before the new file', (t) => {
  const path = place(t);
  const { follow, told } = tailWorld();
  writeFileSync(path, 'a\n');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  renameSync(path, `${path}.20260102-030405`);
  drain(reader, batch);
  appendFileSync(`${path}.20260102-030405`, 'b\nc\n');
  writeFileSync(path, `${'longer than the old offset '.repeat(5)}\n`);
  drain(reader, batch);
  assert.deepEqual(texts(batch).slice(0, 3), ['a', 'b', 'c']);
  assert.equal(batch.taken.length, 4);
  assert.equal(told.rotated, 1);
  reader.close();
});

test('two rotations between two looks', (t) => {
  const path = place(t);
  const { follow } = tailWorld();
  writeFileSync(`${path}.20250101-000000`, 'history\n');
  writeFileSync(path, 'a\n');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  renameSync(path, `${path}.20260102-030405`);
  writeFileSync(path, 'b\n');
  renameSync(path, `${path}.20260102-030415`);
  writeFileSync(path, 'c\n');
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['a', 'b', 'c']);
  reader.close();
});

test('a file that was cut is read from its beginning, also when it has grown past the offset', (t) => {
  const path = place(t);
  const { follow, told } = tailWorld();
  writeFileSync(path, 'first\nsecond\n');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  truncateSync(path);
  appendFileSync(path, 'x\n');
  drain(reader, batch);
  truncateSync(path);
  appendFileSync(path, 'longer than what was there before\n');
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['first', 'second', 'x', 'longer than what was there before']);
  assert.equal(told.truncated, 2);
  reader.close();
});

test('a deleted file is read to its end and let go', (t) => {
  const path = place(t);
  const { follow, clock } = tailWorld();
  writeFileSync(path, 'a\n');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  appendFileSync(path, 'b\nunfinished');
  unlinkSync(path);
  drain(reader, batch);
  assert.deepEqual([texts(batch), reader.open], [['a', 'b'], 1]);
  clock.now += 1500;
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['a', 'b', 'unfinished']);
  reader.want(false);
  clock.now += 6000;
  drain(reader, batch);
  assert.deepEqual([reader.open, reader.done], [0, true]);
});

test('another file with the inode of the old one begins at its first byte', (t) => {
  const path = place(t);
  const { follow } = tailWorld();
  writeFileSync(path, 'a\nb\n');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  const mark = reader.mark();
  reader.close();
  // The same inode and a greater size, as if the file system had given the number again.
  writeFileSync(path, 'other content\nthan before\n');
  const second = follow(path, { mark });
  drain(second, batch);
  assert.deepEqual(texts(batch), ['a', 'b', 'other content', 'than before']);
  second.close();
});

test('stopped over a rotation: the rest of the old file, then the new one', (t) => {
  const path = place(t);
  const { follow, told } = tailWorld();
  writeFileSync(path, 'a\nb\n');
  const [reader, batch] = [follow(path), rememberingBatch(1)];
  drain(reader, batch);
  const mark = JSON.parse(JSON.stringify(reader.mark())) as ReturnType<typeof reader.mark>;
  reader.close();
  renameSync(path, `${path}.20260102-030405`);
  writeFileSync(`${path}.20260102-020405.gz`, 'packed');
  writeFileSync(path, 'c\n');
  batch.limit = 10;
  const second = follow(path, { mark });
  drain(second, batch);
  assert.deepEqual(texts(batch), ['a', 'b', 'c']);
  assert.deepEqual(told.lost, []);
  second.close();
});

test('many rotations while nobody reads: all in order, with a bounded number of open files', (t) => {
  const path = place(t);
  const { follow, told } = tailWorld();
  writeFileSync(path, '');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  const rotations = Array.from({ length: 60 }, (_, i) => String(i));
  for (const text of rotations) {
    appendFileSync(path, `${text}\n`);
    // Rotations that lie further apart than the ticks of the kernel's clock.
    utimesSync(path, 1_800_000_000, 1_800_000_000 + Number(text));
    renameSync(path, `${path}.20260102-${100_000 + Number(text)}`);
    writeFileSync(path, '');
  }
  appendFileSync(path, 'last\n');
  for (let i = 0; i < 10; i++) {
    drain(reader, batch);
    assert.ok(reader.open <= 17);
  }
  assert.deepEqual(texts(batch), [...rotations, 'last']);
  assert.deepEqual(told.lost, []);
  reader.close();
});

test('parts are joined by stream, as bytes, over a rotation and a restart', (t) => {
  const path = place(t);
  const { follow } = tailWorld();
  const euro = Buffer.from('€');
  const part = (bytes: Buffer, tag: string, stream = 'stdout') =>
    Buffer.concat([Buffer.from(`2026-01-02T03:04:05Z ${stream} ${tag} `), bytes, Buffer.from('\n')]);
  writeFileSync(path, Buffer.concat([part(euro.subarray(0, 1), 'P'), part(Buffer.from('err'), 'F', 'stderr')]));
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['err']);
  const mark = reader.mark();
  reader.close();
  const second = follow(path, { mark });
  drain(second, batch);
  renameSync(path, `${path}.20260102-030405`);
  writeFileSync(path, Buffer.concat([part(Buffer.from('err2'), 'F', 'stderr'), part(euro.subarray(1), 'P')]));
  drain(second, batch);
  const between = second.mark();
  second.close();
  const third = follow(path, { mark: between });
  drain(third, batch);
  appendFileSync(path, part(Buffer.alloc(0), 'F'));
  drain(third, batch);
  assert.deepEqual(texts(batch), ['err', 'err2', '€']);
  third.close();
});

test('a part whose end never comes is given after a while', (t) => {
  const path = place(t);
  const { follow, clock } = tailWorld();
  writeFileSync(path, cri('no newline', 'P'));
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  assert.equal(batch.count, 0);
  clock.now += 1500;
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['no newline']);
  reader.close();
});

for (const overlong of ['split', 'truncate'] as const)
  test(`a line of 2 MiB: ${overlong}; what follows arrives`, (t) => {
    const path = place(t);
    const { follow, world } = tailWorld({ maxLine: 64 * 1024, overlong });
    const long = 'ä'.repeat(1024 * 1024);
    const parts = Array.from({ length: 20 }, () => cri('p'.repeat(16_384), 'P')).join('');
    writeFileSync(path, `before\n${long}\nbetween\n${cri(long)}${parts}${cri('')}after\n`);
    const [reader, batch] = [follow(path), rememberingBatch()];
    drain(reader, batch);
    const all = texts(batch);
    assert.deepEqual([all[0], all.at(-1)], ['before', 'after']);
    assert.ok(all.every((text) => Buffer.byteLength(text) <= 64 * 1024 && !text.includes('\ufffd')));
    assert.ok(world.count.cut > 0);
    assert.equal(world.held.bytes, 0);
    const joined = all.join('');
    if (overlong === 'split') assert.equal(joined, `before${long}between${long}${'p'.repeat(20 * 16_384)}after`);
    else assert.deepEqual(all.filter((text) => text.endsWith(' [truncated]')).length, 3);
    reader.close();
  });

test('a file that is let go and taken up again goes on where it ended last', (t) => {
  const path = place(t);
  const { follow, clock } = tailWorld();
  const batch = rememberingBatch();
  let mark: ReturnType<ReturnType<typeof follow>['mark']> | undefined;
  for (const text of ['a', 'b', 'c', 'd']) {
    appendFileSync(path, `${text}\n`);
    const reader = follow(path, mark ? { mark } : {});
    drain(reader, batch);
    reader.want(false);
    clock.now += 6000;
    drain(reader, batch);
    assert.equal(reader.done, true);
    mark = reader.mark();
  }
  assert.deepEqual(texts(batch), ['a', 'b', 'c', 'd']);
});

test('a copy is read to its end before the file that was cut, also from its first byte, and over a restart', (t) => {
  for (const before of ['', 'a\n'])
    for (const restart of [false, true]) {
      const path = place(t);
      const { follow } = tailWorld();
      writeFileSync(path, before);
      const batch = rememberingBatch();
      let reader = follow(path);
      drain(reader, batch);
      appendFileSync(path, 'b\nc\n');
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
      appendFileSync(path, 'd\n');
      if (restart) {
        const mark = reader.mark();
        reader.close();
        reader = follow(path, { mark });
      }
      drain(reader, batch);
      drain(reader, batch);
      assert.deepEqual(texts(batch), [...before.split('\n').slice(0, -1), 'b', 'c', 'd'], `${before} ${restart}`);
      reader.close();
    }
});

test('parts of one line in three files, killed before its end comes', (t) => {
  const path = place(t);
  const { follow, clock } = tailWorld({ linger: 100, patience: 60_000 });
  writeFileSync(path, '');
  const batch = rememberingBatch();
  let reader = follow(path);
  drain(reader, batch);
  for (const part of ['one ', 'two ']) {
    appendFileSync(path, cri(part, 'P') + cri(`beside ${part}`, 'F', 'stderr'));
    drain(reader, batch);
    renameSync(path, `${path}.${part === 'one ' ? 2 : 1}`);
    writeFileSync(path, '');
    drain(reader, batch);
    clock.now += 200;
    drain(reader, batch);
  }
  const mark = reader.mark();
  reader.close();
  reader = follow(path, { mark });
  appendFileSync(path, cri('three'));
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['beside one ', 'beside two ', 'one two three']);
  reader.close();
});

test('cut after a restart that has to read it again for a part of the other stream', (t) => {
  const path = place(t);
  const { follow } = tailWorld({ patience: 60_000 });
  writeFileSync(path, '');
  const batch = rememberingBatch();
  let reader = follow(path);
  drain(reader, batch);
  appendFileSync(path, cri('begun ', 'P', 'stderr') + cri('a'));
  drain(reader, batch);
  const mark = reader.mark();
  reader.close();
  reader = follow(path, { mark });
  reader.look();
  appendFileSync(path, cri('b'));
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
  appendFileSync(path, cri('c') + cri('ended', 'F', 'stderr'));
  for (let i = 0; i < 3; i++) drain(reader, batch);
  assert.deepEqual(texts(batch), ['a', 'b', 'c', 'begun ended']);
  reader.close();
});

test('a hole before what is written on after a cut is passed over, however long', (t) => {
  const path = place(t);
  const { follow } = tailWorld({ maxLine: 4096, buffer: Buffer.alloc(140_000) });
  writeFileSync(path, 'a\n');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  truncateSync(path);
  for (const [length, text] of [
    [1_000_000, 'b'],
    [3_000_000, 'c'],
  ] as const) {
    truncateSync(path, 0);
    truncateSync(path, length);
    appendFileSync(path, `${text}\n`);
    for (let i = 0; i < 5; i++) drain(reader, batch);
  }
  assert.deepEqual(texts(batch), ['a', 'b', 'c']);
  reader.close();
});

test('what lies beside a log and is no part of it', (t) => {
  const path = place(t);
  const { follow } = tailWorld();
  writeFileSync(path, 'a\n');
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  for (const end of ['.conf', '.status', '-notes', '.1.gz', '.20260102-030405.tmp'])
    writeFileSync(path + end, `${end}\n`);
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'b\n');
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['a', 'b']);
  reader.close();
});

test('invalid UTF-8 becomes U+FFFD, NUL and CR stay where they mean something', (t) => {
  const path = place(t);
  const { follow } = tailWorld();
  writeFileSync(path, Buffer.from('a\xffb\nc\0d\re\r\n', 'latin1'));
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['a\ufffdb', 'c\0d\re']);
  reader.close();
});

test('lines that belong together', (t) => {
  const path = place(t);
  const { follow, clock } = tailWorld();
  writeFileSync(path, ['2026 boom', '  at a', '  at b', '2026 next', '  at c'].map((line) => cri(line)).join(''));
  const [reader, batch] = [follow(path, {}, { multiline: { start: /^\d/, lines: 2 } }), rememberingBatch()];
  drain(reader, batch);
  clock.now += 1500;
  drain(reader, batch);
  assert.deepEqual(texts(batch), ['2026 boom\n  at a', '  at b', '2026 next\n  at c']);
  reader.close();
});

test('what is no file is told once, and read once it is one', (t) => {
  const path = place(t);
  const { follow, told } = tailWorld();
  mkdirSync(path);
  const [reader, batch] = [follow(path), rememberingBatch()];
  drain(reader, batch);
  drain(reader, batch);
  assert.deepEqual(told.problems, [`${path}: ${path} is no file`]);
  rmdirSync(path);
  symlinkSync(path, path);
  drain(reader, batch);
  drain(reader, batch);
  assert.equal(told.problems.length, 2);
  unlinkSync(path);
  writeFileSync(path, 'a\n');
  drain(reader, batch);
  assert.deepEqual([texts(batch), told.problems.at(-1)], [['a'], `${path}: well`]);
  reader.close();
});
