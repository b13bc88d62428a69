// Loki keeps what has the same time in no certain order, and of the same text only one: times tell the order.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { drain, rememberingBatch, tailWorld } from '../support/tail.ts';

function read(t: TestContext, text: string, maxLine: number) {
  const directory = mkdtempSync(join(tmpdir(), 'times-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, '0.log');
  writeFileSync(path, text);
  const batch = rememberingBatch();
  const reader = tailWorld({ maxLine, buffer: Buffer.alloc(Math.max(maxLine, 4096) + 8192) }).follow(path);
  drain(reader, batch);
  reader.close();
  return batch.taken.map(({ text, time }) => [text.length, Number(time % 1_000_000_000n)]);
}
const at = '2026-01-02T03:04:05.000000007Z stdout';

test('pieces of a line that is too long have times of their own, one nanosecond after the other', (t) => {
  const pieces = [
    [1000, 7],
    [1000, 8],
    [500, 9],
  ];
  assert.deepEqual(read(t, `${at} F ${'x'.repeat(2500)}\n`, 1000), pieces);
});

test('the same if it comes in parts, or is too long for the buffer', (t) => {
  const parts = `${`${at} P ${'x'.repeat(500)}\n`.repeat(5)}${at} F \n`;
  assert.deepEqual(read(t, parts, 1000), [
    [1000, 7],
    [1000, 8],
    [500, 9],
  ]);
  const times = read(t, `${at} F ${'x'.repeat(60_000)}\n`, 1024).map(([, time]) => time);
  assert.ok(times.length >= 58);
  assert.deepEqual(
    times,
    times.map((_, i) => 7 + i),
  );
});

test('the last nanosecond of a second is followed by the next second', (t) => {
  const text = `${at.replace('000000007', '999999999')} F ${'x'.repeat(1500)}\n`;
  assert.deepEqual(read(t, text, 1000), [
    [1000, 999_999_999],
    [500, 0],
  ]);
});

test('lines that tell no time and are read in the same millisecond come one nanosecond after the other', (t) => {
  const times = read(t, 'a\na\nb\n', 1000).map(([, time]) => time);
  assert.deepEqual(times, [0, 1, 2]);
});
