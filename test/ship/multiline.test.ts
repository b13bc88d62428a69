import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createFollower } from '../../src/ship/follow/follower.ts';
import type { Source } from '../../src/ship/record.ts';
import { drain, rememberingBatch, tailWorld } from '../support/tail.ts';

const start = /^\d/;
const cri = (text: string, tag = 'F', stream = 'stdout') => `2026-01-02T03:04:05Z ${stream} ${tag} ${text}\n`;

function joined(t: TestContext, multiline: Source['multiline'], maxLine = 1000) {
  const directory = mkdtempSync(join(tmpdir(), 'multiline-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, '0.log');
  appendFileSync(path, '');
  const { world, clock } = tailWorld({ maxLine, patience: 1000 });
  const source: Source = { path, attributes: {}, multiline };
  const reader = createFollower(source, world);
  t.after(() => reader.close());
  const batch = rememberingBatch();
  const write = (...lines: string[]) => {
    appendFileSync(path, lines.join(''));
    drain(reader, batch);
    return batch.taken.map(({ text }) => text);
  };
  return { source, write, clock, world };
}

test('lines join the one before until a first line comes, by stream', (t) => {
  const { write, world } = joined(t, { start, lines: 500 });
  const texts = write(cri('1 a'), cri(' at b'), cri('9 other', 'F', 'stderr'), cri(' at c'), cri('2 d'));
  assert.deepEqual(texts, ['1 a\n at b\n at c']);
  assert.ok(world.held.bytes > 0);
});

test('the last is given once nothing more came for a while', (t) => {
  const { write, clock, world } = joined(t, { start, lines: 500 });
  assert.deepEqual(write(cri('1 a'), cri(' at b')), []);
  clock.now += 2000;
  assert.deepEqual(write(), ['1 a\n at b']);
  assert.equal(world.held.bytes, 0);
});

test('parts of a line join before lines do; what does not begin as one is kept', (t) => {
  const { write } = joined(t, { start, lines: 500 });
  const texts = write(cri(' at first'), cri('1 ', 'P'), cri('a', 'F'), cri(' at', 'P'), cri(' b', 'F'), cri('2'));
  assert.deepEqual(texts, [' at first', '1 a\n at b']);
});

test('no more lines are joined than may be, nor more bytes than a record has', (t) => {
  const few = joined(t, { start, lines: 2 });
  assert.deepEqual(few.write(cri('1'), cri('a'), cri('b'), cri('c'), cri('2')), ['1\na', 'b\nc']);
  const short = joined(t, { start, lines: 500 }, 1024);
  const long = 'x'.repeat(600);
  assert.deepEqual(short.write(cri('1'), cri(long), cri(long), cri('2')), [`1\n${long}`, long]);
});

test('a pattern that comes, changes or goes holds from the next line on', (t) => {
  const { source, write } = joined(t, undefined);
  assert.deepEqual(write(cri('1 a'), cri(' at b')), ['1 a', ' at b']);
  source.multiline = { start, lines: 500 };
  assert.deepEqual(write(cri('2 c'), cri(' at d')).slice(2), []);
  source.multiline = { start: /^ /, lines: 500 };
  assert.deepEqual(write(cri(' at e'), cri('3 f')).slice(2), ['2 c\n at d']);
  source.multiline = undefined;
  assert.deepEqual(write(cri('4 g')).slice(3), [' at e\n3 f', '4 g']);
});
