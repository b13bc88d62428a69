import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRest } from '../../src/watch/rest.ts';

test('memory is given back once changes have ended, not again soon after, and not after the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let [time, given] = [0, 0];
  const rest = createRest(
    () => (given += 1),
    () => time,
  );
  const pass = (milliseconds: number) => {
    time += milliseconds;
    t.mock.timers.tick(milliseconds);
  };
  rest.soon();
  pass(400);
  rest.soon();
  pass(499);
  assert.equal(given, 0);
  pass(1);
  assert.equal(given, 1);

  rest.soon();
  pass(9999);
  assert.equal(given, 1);
  pass(1);
  assert.equal(given, 2);
  pass(60_000);
  assert.equal(given, 2);

  rest.soon();
  rest.close();
  pass(60_000);
  assert.equal(given, 2);
});
