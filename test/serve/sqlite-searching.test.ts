import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Found } from '../../src/serve/store.ts';
import { openSqlite } from '../../src/serve/stores/sqlite.ts';
import { createLines, type Lines } from '../../src/serve/stores/sqlite/lines.ts';
import { openToRead } from '../../src/serve/stores/sqlite/open.ts';
import { createParts } from '../../src/serve/stores/sqlite/parts.ts';
import { startReading, type Reading } from '../../src/serve/stores/sqlite/reading.ts';
import { search } from '../../src/serve/stores/sqlite/search.ts';
import { createSearching } from '../../src/serve/stores/sqlite/searching.ts';
import { createTurns } from '../../src/serve/stores/sqlite/turns.ts';
import { until } from '../support/program.ts';
import { all, base, entry, never } from './store-suite.ts';

async function filled(t: TestContext, count: number, pods: number, text: string) {
  const directory = mkdtempSync(join(tmpdir(), 'serve-searching-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const store = await openSqlite({ directory, queue: 100_000 });
  t.after(() => store.close());
  for (let from = 0; from < count; from += 2000)
    await store.write(
      Array.from({ length: Math.min(2000, count - from) }, (_, index) =>
        entry(`${from + index} ${text}`, { pod: `web-${(from + index) % pods}`, time: base + BigInt(from + index) }),
      ),
    );
  return directory;
}

test('turns: one after the other, and who waits is let in when time is over', async () => {
  const turns = createTurns(1);
  const told: string[] = [];
  const first = await turns.take(never, () => told.push('first gives way'));
  const second = await turns.take(never, () => told.push('second gives way'));
  assert.deepEqual(told, ['first gives way']);
  const controller = new AbortController();
  const third = turns.take(controller.signal, () => told.push('third'));
  controller.abort(new Error('gone'));
  await assert.rejects(third, /gone/);
  first();
  second();
  (await turns.take(never, () => undefined))();
});

test('many large answers at once, in turns and with pauses, are each the whole', async (t) => {
  const directory = await filled(t, 12_000, 30, 'x');
  const data = { role: 'reader', directory, retention: undefined, maxBytes: undefined } as const;
  const reading = startReading(data, 2);
  t.after(() => reading.close());
  let asked = 0;
  const counting: Reading = { ...reading, ask: (...those) => ((asked += 1), reading.ask(...those)) };
  const find = createSearching(counting, { turn: 1, idle: 1 });
  const read = async () => {
    const found: Found[] = [];
    for await (const one of find(all, never)) {
      found.push(one);
      // A client that takes its time.
      if (found.length % 3000 === 1500) await until('it gave way', () => asked > found.length / 3000);
    }
    return found;
  };
  for (const found of await Promise.all([read(), read(), read()]))
    assert.deepEqual(
      found.map(({ log }) => Number.parseInt(log, 10)),
      Array.from({ length: 12_000 }, (_, index) => index),
    );
  assert.ok(asked > 6, `${asked} stretches`);
});

test('the thread that quick questions are asked in is not the one of large answers', async (t) => {
  const directory = await filled(t, 9000, 3, 'x');
  const data = { role: 'reader', directory, retention: undefined, maxBytes: undefined } as const;
  const reading = startReading(data, 2);
  t.after(() => reading.close());
  const asked: boolean[] = [];
  const find = createSearching({
    ...reading,
    ask: (question, signal, long = false) => (asked.push(long), reading.ask(question, signal, long)),
  });
  let count = 0;
  for await (const _ of find(all, never)) count += 1;
  assert.equal(count, 9000);
  assert.deepEqual(asked, [false, true]);
});

test('what is read ahead is bounded, however many series and however long their lines', async (t) => {
  const directory = await filled(t, 4000, 200, 'x'.repeat(4000));
  const db = openToRead(directory, 2048);
  t.after(() => db.close());
  const lines = createLines(db);
  let [held, most, rows] = [0, 0, 0];
  const weighed: Lines = {
    ...lines,
    read(part, asked) {
      const chunk = lines.read(part, asked);
      for (const { log } of chunk.lines) held += log.length;
      most = Math.max(most, held);
      return chunk;
    },
  };
  for (const page of search(all, createParts(db)([]), weighed, () => false)) {
    for (const { log } of page) held -= log.length;
    rows += page.length;
  }
  assert.equal(rows, 4000);
  assert.ok(most < 12 * 1024 * 1024, `${most} letters were held`);
});
