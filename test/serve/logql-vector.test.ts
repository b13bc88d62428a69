import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregate, binary, type Sample, type Value } from '../../src/serve/logql/vector.ts';
import { createLines } from '../../src/serve/logql/line.ts';
import { createRowText, rowOf } from '../../src/serve/query/row.ts';
import { base, entry } from './stored.ts';

const none = Number.NaN;
const sample = (pod: string, ...values: number[]): Sample => ({
  labels: pod === '' ? {} : { pod },
  values: Float64Array.from(values),
});
const vector = (...samples: Sample[]): Value => ({ kind: 'vector', samples });
const scalar = (value: number): Value => ({ kind: 'scalar', value });
/** By pod; what has no value is null. */
const told = (value: Value | readonly Sample[]) => {
  const samples = 'kind' in value ? (value.kind === 'vector' ? value.samples : []) : value;
  return Object.fromEntries(
    samples.map(({ labels, values }) => [
      labels['pod'] ?? '',
      Array.from(values, (one) => (Number.isNaN(one) ? null : one)),
    ]),
  );
};

test('what is joined is joined at each instant', () => {
  const left = vector(sample('a', 1, none, 3), sample('b', 4, 5, 6));
  const right = vector(sample('a', 10, 20, none), sample('c', 1, none, 1));
  assert.deepEqual(told(binary('or', false, left, right)), { a: [1, 20, 3], b: [4, 5, 6], c: [1, null, 1] });
  assert.deepEqual(told(binary('and', false, left, right)), { a: [1, null, null], b: [null, null, null] });
  assert.deepEqual(told(binary('unless', false, left, right)), { a: [null, null, 3], b: [4, 5, 6] });
  assert.deepEqual(told(binary('+', false, left, right)), { a: [11, null, null] });
  assert.deepEqual(told(binary('or', false, vector(sample('', none, 2)), vector(sample('', 0, 0)))), { '': [0, 2] });
});

test('comparisons keep the value, or say 1 or 0', () => {
  const left = vector(sample('a', 1, 2, none));
  assert.deepEqual(told(binary('>', false, left, scalar(1))), { a: [null, 2, null] });
  assert.deepEqual(told(binary('>', true, left, scalar(1))), { a: [0, 1, null] });
  assert.deepEqual(told(binary('<', false, scalar(1), left)), { a: [null, 2, null] });
  assert.deepEqual(binary('==', false, scalar(1), scalar(2)), scalar(0));
  assert.deepEqual(binary('^', false, scalar(2), scalar(10)), scalar(1024));
  assert.throws(() => binary('and', false, scalar(1), left), /takes no number/);
});

test('aggregations leave out what is not there', () => {
  const all = [sample('a', 1, none), sample('b', 3, none), sample('c', 8, 5)];
  const one = (op: Parameters<typeof aggregate>[0]) => told(aggregate(op, undefined, undefined, all))[''];
  assert.deepEqual(one('sum'), [12, 5]);
  assert.deepEqual(one('avg'), [4, 5]);
  assert.deepEqual(one('min'), [1, 5]);
  assert.deepEqual(one('max'), [8, 5]);
  assert.deepEqual(one('count'), [3, 1]);
  assert.deepEqual(told(aggregate('topk', 2, undefined, all)), { b: [3, null], c: [8, 5] });
  assert.deepEqual(told(aggregate('bottomk', 1, undefined, all)), { a: [1, null], c: [null, 5] });
  assert.deepEqual(aggregate('sum', undefined, undefined, []), []);
  assert.deepEqual(told(aggregate('sum', undefined, { without: false, names: ['pod'] }, all)), told(all));
});

test('entries that share their labels object may still be of several series', () => {
  const labels = { app: 'x' };
  const all = ['a', 'b', 'a'].map((pod) => ({ ...entry('l', base, { pod, labels }), cursor: 'c' }));
  const rowText = createRowText();
  for (const one of all) assert.deepEqual(JSON.parse(rowText(one)), rowOf(one));
  const lineOf = createLines();
  assert.deepEqual(
    all.map((one) => lineOf(one).stream['pod']),
    ['a', 'b', 'a'],
  );
  const odd = [
    entry('', 0n),
    entry('"', -1n),
    entry('x', -1_000_000_000n),
    entry('y', base + 10n, { metadata: { a: 'b' } }),
  ];
  for (const one of odd) assert.deepEqual(JSON.parse(rowText({ ...one, cursor: '' })), rowOf({ ...one, cursor: '' }));
});
