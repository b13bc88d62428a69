import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLane } from '../../src/watch/lane.ts';

/** A lane whose work ends when it is told to. */
function set() {
  const clock = { now: 0 };
  const begun: string[] = [];
  let end = Promise.withResolvers<void>();
  const lane = createLane<string>({
    work: async (wish) => {
      begun.push(wish);
      await end.promise;
    },
    merge: (older, newer) => `${older}+${newer}`,
    slow: 100,
    now: () => clock.now,
  });
  const finish = async () => {
    end.resolve();
    end = Promise.withResolvers();
    await new Promise(setImmediate);
  };
  return { lane, clock, begun, finish };
}

test('a lane does one thing at a time; what waits is merged, and the newest is done', async () => {
  const { lane, begun, finish } = set();
  const first = lane.give('a');
  void lane.give('b');
  void lane.give('c');
  assert.deepEqual(begun, ['a']);
  await finish();
  assert.deepEqual(begun, ['a', 'b+c']);
  await finish();
  await first;
  await lane.idle();
  assert.equal(lane.runningSince, undefined);
});

test('nobody waits for a lane that is busy or known to be slow', async () => {
  const { lane, clock, begun, finish } = set();
  const first = lane.give('a');
  await lane.give('b');
  clock.now = 500;
  await finish();
  await finish();
  await first;
  clock.now = 1000;
  void lane.give('c');
  clock.now = 1200;
  await finish();
  await lane.give('d');
  assert.equal(begun.at(-1), 'd', 'it is at work, and was not waited for');
  assert.equal(lane.runningSince, 1200);
  await finish();
  await lane.idle();
});

test('work that throws is told to who waits, and the lane goes on', async () => {
  let ill = true;
  const lane = createLane<number>({
    work: () => (ill ? Promise.reject(new Error('ill')) : Promise.resolve()),
    merge: (_, newer) => newer,
    slow: 100,
    now: () => 0,
  });
  await assert.rejects(lane.give(1), /ill/);
  ill = false;
  await lane.give(2);
});
