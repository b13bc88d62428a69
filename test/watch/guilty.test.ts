import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { guiltyOf } from '../../src/watch/guilty.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

test('exactly the guilty ones are found, in few tries', async () => {
  const count = fc.integer({ min: 1, max: 300 });
  await fc.assert(
    fc.asyncProperty(count, fc.array(fc.nat(299), { maxLength: 4 }), fc.nat(299), async (count, bad, likelyWell) => {
      const guilty = new Set(bad.filter((one) => one < count));
      let tries = 0;
      const found = await guiltyOf(
        numbers(count),
        (list) => {
          tries += 1;
          return Promise.resolve(list.some((one) => guilty.has(one)) ? 'bad' : undefined);
        },
        { most: 1000, likelyWell },
      );
      assert.deepEqual(new Set(found.keys()), guilty);
      assert.ok(tries <= 1 + guilty.size * (Math.ceil(Math.log2(count + 1)) + 2), `${tries} tries`);
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
      await guiltyOf(numbers(50), any, { most: 40 }).catch((error: Error) => assert.equal(error.message, 'wrong'));
      assert.ok(tries <= 400);
    }),
  );
  await assert.rejects(
    guiltyOf(numbers(3), () => Promise.resolve('always')),
    /always/,
  );
});

test('when even no item at all is wrong, that is found out soon', async () => {
  let tries = 0;
  const always = () => {
    tries += 1;
    return Promise.resolve('always');
  };
  await assert.rejects(guiltyOf(numbers(500), always), /always/);
  assert.ok(tries <= 13, `${tries} tries`);
});

test('one newcomer among many who were well is found at once', async () => {
  let tries = 0;
  const bad = (list: readonly number[]) => {
    tries += 1;
    return Promise.resolve(list.includes(499) ? 'bad' : undefined);
  };
  assert.deepEqual(await guiltyOf(numbers(500), bad, { likelyWell: 499 }), new Map([[499, 'bad']]));
  assert.equal(tries, 3);
});

test('the first may be guilty where no item at all is wrong too', async () => {
  const bad = (list: readonly number[]) => Promise.resolve(list.includes(0) || list.length === 0 ? 'bad' : undefined);
  assert.deepEqual(await guiltyOf(numbers(5), bad), new Map([[0, 'bad']]));
});
