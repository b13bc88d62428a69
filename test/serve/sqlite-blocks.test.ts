import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Entry, Search } from '../../src/serve/store.ts';
import { createPack as createColumns } from '../../src/serve/stores/sqlite/batch.ts';
import { count } from '../../src/serve/stores/sqlite/count.ts';
import { createInsert } from '../../src/serve/stores/sqlite/insert.ts';
import { createLines } from '../../src/serve/stores/sqlite/lines.ts';
import { openToWrite } from '../../src/serve/stores/sqlite/open.ts';
import { createPack } from '../../src/serve/stores/sqlite/pack.ts';
import { createParts } from '../../src/serve/stores/sqlite/parts.ts';
import { formatCursor, timeOf } from '../../src/serve/stores/sqlite/place.ts';
import { inTransaction, numberOf } from '../../src/serve/stores/sqlite/schema.ts';
import { search } from '../../src/serve/stores/sqlite/search.ts';
import { base, entry, near } from './store-suite.ts';

const root = mkdtempSync(join(tmpdir(), 'serve-blocks-'));
after(() => rmSync(root, { recursive: true }));

const rounds = Number(process.env['ROUNDS'] ?? 6);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

/** Numbers that only look random. Source: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function createDice(seed: number) {
  let state = BigInt(seed);
  return (sides: number) => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return Number((state >> 33n) % BigInt(sides));
  };
}

/** A database in this thread, and what should be in it. */
function open(size?: { lines: number; bytes: number }) {
  const db = openToWrite(mkdtempSync(join(root, 'db-')), 4096);
  const insert = createInsert(db);
  const columns = createColumns();
  const pack = createPack(db, size);
  const lines = createLines(db);
  const select = createParts(db);
  const keys = db.prepare('SELECT key FROM series WHERE id = ?');
  const there: Entry[] = [];
  const same = (a: Entry, b: Entry) => a.time === b.time && a.log === b.log && a.pod === b.pod;
  return {
    db,
    there,
    write(entries: readonly Entry[]) {
      inTransaction(db, () => insert.add([columns(entries)]));
      for (const [index, one] of entries.entries()) {
        const named = entries.slice(0, index + 1).filter((other) => same(one, other)).length;
        if (there.filter((other) => same(one, other)).length < named) there.push(one);
      }
    },
    /** Puts together all that lies single, or a part of it. */
    pack(times = Infinity) {
      for (const row of db.prepare('SELECT bucket, series FROM parts WHERE loose > 0').all()) {
        const part = { bucket: Number(row['bucket']), series: Number(row['series']) };
        for (let i = 0; i < times && inTransaction(db, () => pack(part)) > 0; i += 1);
      }
    },
    find(asked: Search) {
      const found: { cursor: string; time: bigint; log: string; metadata: string | null; pod: string }[] = [];
      for (const rows of search(asked, select(asked.series), lines, () => true))
        for (const row of rows) {
          const [, pod = ''] = JSON.parse(String(keys.get(row.series)?.['key'])) as string[];
          found.push({ cursor: formatCursor(row), time: timeOf(row), log: row.log, metadata: row.metadata, pod });
        }
      return found;
    },
    count(asked: Search, step: bigint) {
      const keyOf = (id: number) => String(keys.get(id)?.['key']);
      const work = count({ selection: asked, by: ['pod'], step }, select(asked.series), lines, keyOf, () => true);
      for (;;) {
        const { done, value } = work.next();
        if (done) return value;
      }
    },
  };
}

const orderOf = (found: readonly { time: bigint; log: string; pod: string }[]) =>
  found.map(({ time, log, pod }) => `${time} ${pod} ${log}`);

test(`blocks and single lines are one, whatever was put together when: ${rounds} rounds with SEED=${seed}`, () => {
  const dice = createDice(seed);
  const words = ['', 'ä–', 'needle', 'need', 'le', 'x'.repeat(300), 'GET /a', '😀\n', 'a\0b'];
  const ops = ['!=', '|=', '|~'] as const;
  const word = () => words[dice(words.length)] ?? '';
  const hour = 3_600_000_000_000n;
  const time = () => {
    const [wide, narrow] = [BigInt(dice(3)) * hour, BigInt(dice(40))];
    return base + wide + narrow * (dice(2) === 0 ? 1n : 1_000_000_000n);
  };
  for (let round = 0; round < rounds; round += 1) {
    const { db, there, write, pack, find, count } = open({ lines: 1 + dice(30), bytes: 200 + dice(5000) });
    const cursors = new Map<string, string>();
    let last: Entry[] = [];
    for (let step = 0; step < 12; step += 1) {
      const fresh = Array.from({ length: dice(60) }, () =>
        entry(`${word()}${dice(3)}${word()}`, {
          time: time(),
          pod: `web-${dice(3)}`,
          metadata: dice(4) === 0 ? { n: word() } : {},
        }),
      );
      const batch = dice(4) === 0 ? [...last, ...fresh] : fresh;
      write(batch);
      last = batch;
      if (dice(2) === 0) pack(dice(2) === 0 ? 1 : Infinity);

      const [from, to] = dice(3) === 0 ? [near.from, near.to] : [time(), time() + BigInt(dice(2)) * hour];
      const text = dice(2) === 0 ? [] : [{ op: ops[dice(3)] ?? '|=', value: word() } as const];
      const series = dice(2) === 0 ? [] : [{ name: 'pod', op: '=', value: `web-${dice(3)}` } as const];
      const asked: Search = { from, to, text, series, direction: 'forward' };
      const forward = find(asked);
      const expected = there.filter(
        ({ time, log, pod }) =>
          time >= from &&
          time <= to &&
          series.every(({ value }) => pod === value) &&
          text.every(({ op, value }) => log.includes(value) === (op !== '!=')),
      );
      assert.deepEqual(orderOf(forward).toSorted(), orderOf(expected).toSorted());
      // Of one time and series the order of writing; of one time the series have one too.
      for (const pod of ['web-0', 'web-1', 'web-2']) {
        const of = <T extends { pod: string; time: bigint }>(list: readonly T[]) =>
          list.filter((one) => one.pod === pod).toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
        assert.deepEqual(orderOf(of(forward)), orderOf(of(expected)));
        assert.deepEqual(
          of(forward).map(({ metadata }) => metadata ?? '{}'),
          of(expected).map(({ metadata }) => JSON.stringify(metadata)),
        );
      }
      assert.ok(forward.every(({ time }, index) => index === 0 || (forward[index - 1]?.time ?? 0n) <= time));
      assert.deepEqual(find({ ...asked, direction: 'backward' }), forward.toReversed());
      for (const { cursor, time, log, pod } of forward) {
        const said = `${time} ${pod} ${log}`;
        assert.equal(cursors.get(cursor) ?? said, said, 'a cursor stays');
        cursors.set(cursor, said);
      }
      const middle = dice(forward.length + 1);
      if (forward[middle]) {
        const after = forward[middle].cursor;
        assert.deepEqual(find({ ...asked, after }), forward.slice(middle + 1));
        assert.deepEqual(find({ ...asked, after, direction: 'backward' }), forward.slice(0, middle).toReversed());
      }
      const width = [7n, 1_000_000_000n, hour, 5n * hour][dice(4)] ?? 1n;
      const counts = count(asked, width);
      const totals = new Map<string, [number, number]>();
      for (const { time, pod, log } of forward) {
        const key = `${time - (time % width)} ${pod}`;
        const [entries, bytes] = totals.get(key) ?? [0, 0];
        totals.set(key, [entries + 1, bytes + Buffer.byteLength(log)]);
      }
      assert.deepEqual(
        new Map(counts.map(({ start, by, count, bytes }) => [`${start} ${by['pod']}`, [count, bytes]])),
        totals,
      );
      assert.equal(numberOf(db, 'SELECT entries FROM state'), there.length);
      assert.equal(numberOf(db, 'SELECT sum(loose) FROM parts'), numberOf(db, 'SELECT count(*) FROM entries'));
      assert.equal(
        numberOf(db, 'SELECT coalesce(sum(count), 0) FROM blocks'),
        there.length - numberOf(db, 'SELECT count(*) FROM entries'),
      );
    }
    db.close();
  }
});

test('many lines make blocks of about one size, that are small on the disk', () => {
  const { db, pack, write, find } = open();
  const lines = (from: number) =>
    Array.from({ length: 500 }, (_, index) =>
      entry(`${from + index} the same words again and again`.padEnd(200, ' and again'), {
        time: base + BigInt(from + index),
      }),
    );
  for (let from = 0; from < 6000; from += 500) {
    write(lines(from));
    pack(1);
  }
  pack();
  const sizes = db.prepare('SELECT count FROM blocks').all().map((row) => Number(row['count'])); // prettier-ignore
  assert.equal(sizes.reduce((a, b) => a + b, 0), 6000); // prettier-ignore
  assert.ok(sizes.length <= 12, sizes.join(' '));
  const stored = numberOf(db, 'SELECT sum(length(texts) + length(places)) FROM blocks');
  assert.ok(stored < 6000 * 40, `${stored} bytes`);
  assert.equal(find({ ...near, text: [{ op: '|=', value: '5999 the' }] }).length, 1);
  db.close();
});
