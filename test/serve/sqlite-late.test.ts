import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Entry } from '../../src/serve/store.ts';
import { createPack as createBatches } from '../../src/serve/stores/sqlite/batch.ts';
import { createInsert } from '../../src/serve/stores/sqlite/insert.ts';
import { createLines, type Point } from '../../src/serve/stores/sqlite/lines.ts';
import { createPack } from '../../src/serve/stores/sqlite/pack.ts';
import { span } from '../../src/serve/stores/sqlite/place.ts';
import { inTransaction, prepareSchema } from '../../src/serve/stores/sqlite/schema.ts';
import { entry } from './stored.ts';

type Short = readonly [pod: string, time: bigint, log: string];

/** Few pods, times and texts, so that much is the same; the times lie on both sides of an hour's beginning. */
const short = fc.tuple(
  fc.constantFrom('a', 'b'),
  fc.bigInt({ min: -4n, max: 4n }).map((step) => 480_000n * span + step),
  fc.constantFrom('x', 'y', ''),
);
const batch = fc
  .tuple(fc.array(short, { maxLength: 12 }), fc.boolean())
  .map(([rows, sorted]) => (sorted ? rows.toSorted((a, b) => Number(a[1] - b[1])) : rows));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ batches: fc.array(batch, { minLength: 1, maxLength: 3 }) }) },
  fc.constantFrom('forget' as const, 'pack' as const),
);

test('what comes late, out of order or again is stored as often as the batch that names it most often', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 12 }), (steps) => {
      const db = new DatabaseSync(':memory:');
      prepareSchema(db);
      const [insert, pack, batches] = [createInsert(db), createPack(db, { lines: 4, bytes: 1000 }), createBatches()];
      const expected = new Map<string, number>();
      for (const step of steps) {
        if (step === 'forget') insert.forget();
        else if (step === 'pack') for (const { bucket, series } of partsOf(db)) pack({ bucket, series });
        else {
          for (const batch of step.batches) note(expected, batch);
          inTransaction(db, () => insert.add(step.batches.map((rows) => batches(rows.map(entryOf)))));
        }
      }
      assert.deepEqual(stored(db), expected);
      db.close();
    }),
    { numRuns: 150 },
  );
});

const entryOf = ([pod, time, log]: Short): Entry => entry(log, time, { pod });

/** Of each entry the most there are of it in one batch. */
function note(expected: Map<string, number>, batch: readonly Short[]): void {
  const counts = new Map<string, number>();
  for (const row of batch) counts.set(row.join(' '), (counts.get(row.join(' ')) ?? 0) + 1);
  for (const [row, count] of counts) expected.set(row, Math.max(count, expected.get(row) ?? 0));
}

interface Place {
  bucket: number;
  series: number;
  count: number;
  key: string;
}

const partsOf = (db: DatabaseSync) =>
  db.prepare('SELECT bucket, series, count, key FROM parts JOIN series ON id = series').all() as unknown as Place[];

const whole = { direction: 'forward', range: { low: 0, high: Number(span) }, size: 1000, filter: undefined } as const;

function stored(db: DatabaseSync): Map<string, number> {
  const lines = createLines(db);
  const found = new Map<string, number>();
  for (const { bucket, series, count, key } of partsOf(db)) {
    let all = 0;
    for (let after: Point | undefined = { offset: -1, seq: 0 }; after;) {
      const chunk = lines.read({ bucket, series }, { ...whole, after });
      for (const { offset, log } of chunk.lines) {
        const row = `${(JSON.parse(key) as string[])[1]} ${BigInt(bucket) * span + BigInt(offset)} ${log}`;
        found.set(row, (found.get(row) ?? 0) + 1);
      }
      all += chunk.lines.length;
      after = chunk.end;
    }
    assert.equal(count, all, 'the part tells how many there are');
  }
  return found;
}
