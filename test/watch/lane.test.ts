import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLane } from '../../src/watch/lane.ts';

/** A lane whose work ends when it is told to. */
function set() {
  const clock = { now: 0 };
  const begun: string[] = [];
  const ill = new Set<string>();
  let end = Promise.withResolvers<void>();
  const lane = createLane<string>({
    work: async (wish) => {
      begun.push(wish);
      await end.promise;
      return !ill.has(wish);
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
  return { lane, clock, begun, ill, finish };
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

test('what fails at once after it was slow is still waited for by nobody', async () => {
  const { lane, clock, begun, ill, finish } = set();
  const give = async (wish: string, took: number) => {
    const given = lane.give(wish);
    clock.now += took;
    await finish();
    await given;
  };
  await give('hangs', 500);
  ill.add('fails');
  await give('fails', 0);
  await lane.give('hangs');
  assert.equal(begun.at(-1), 'hangs', 'it is at work, and was not waited for');
  await finish();
  await give('well', 0);
  let waited = true;
  const next = lane.give('next').then(() => (waited = false));
  await new Promise(setImmediate);
  assert.equal(waited, true, 'after a good end it is waited for again');
  await finish();
  await next;
});

test('work that throws is told to who waits, and the lane goes on', async () => {
  let ill = true;
  const lane = createLane<number>({
    work: () => (ill ? Promise.reject(new Error('ill')) : Promise.resolve(true)),
    merge: (_, newer) => newer,
    slow: 100,
    now: () => 0,
  });
  await assert.rejects(lane.give(1), /ill/);
  ill = false;
  await lane.give(2);
});
