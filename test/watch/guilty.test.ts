import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { guiltyOf } from '../../src/watch/guilty.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

test('exactly the guilty ones are found, in few tries', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.array(fc.nat(299), { maxLength: 4 }), async (count, bad) => {
      const guilty = new Set(bad.filter((one) => one < count));
      let tries = 0;
      const found = await guiltyOf(
        numbers(count),
        (list) => {
          tries += 1;
          return Promise.resolve(list.some((one) => guilty.has(one)) ? 'bad' : undefined);
        },
        1000,
      );
      assert.deepEqual(new Set(found.keys()), guilty);
      assert.ok(tries <= 1 + guilty.size * (Math.ceil(Math.log2(count + 1)) + 1), `${tries} tries`);
    }),
  );
});

test('of two that are only wrong together, the later goes', async () => {
  const together = (list: readonly number[]) =>
    Promise.resolve(list.includes(2) && list.includes(7) ? 'both' : undefined);
  assert.deepEqual(await guiltyOf(numbers(10), together), new Map([[7, 'both']]));
});

test('it comes to an end whatever it is told, and throws what is wrong with nothing at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (answers) => {
      let tries = 0;
      const any = () => {
        tries += 1;
        return Promise.resolve(answers.next().value ? 'wrong' : undefined);
      };
      await guiltyOf(numbers(50), any, 40).catch((error: Error) => assert.equal(error.message, 'wrong'));
      assert.ok(tries <= 400);
    }),
  );
  await assert.rejects(
    guiltyOf(numbers(3), () => Promise.resolve('always')),
    /always/,
  );
});
